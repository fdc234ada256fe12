"""Files of sound as blocks of samples: the readers, and what headers get wrong."""
