"""The client's side: eight small machines that tell each other what happened, one file each."""
