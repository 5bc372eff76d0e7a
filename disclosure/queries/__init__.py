"""One function per question of the public. Everything here is for everybody: no actor is needed."""
