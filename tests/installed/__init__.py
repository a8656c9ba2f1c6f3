"""What is installed: a wheel, an editable one, a Debian package, and the manual pages in them."""
