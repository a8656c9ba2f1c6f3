"""Extensions for Sphinx: what of the site is made when it is built. alfine knows none of it."""
