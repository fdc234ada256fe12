"""Files of sound as blocks of samples: readers and writers, and what headers get wrong."""
