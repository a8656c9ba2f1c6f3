"""The client's side: seven small machines that tell each other what happened, a room or a file each."""
