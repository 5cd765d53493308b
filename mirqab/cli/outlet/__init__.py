"""`mirqab outlet …`: outlets tried out, declared, moved, and handed from and to other programs."""
