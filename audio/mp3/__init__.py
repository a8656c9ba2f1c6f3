"""An MP3 as bytes: headers, frames, where each of them begins, and what is wrong with them."""
