"""Where the people on duty sit: a page of their own, on a port of their own, behind a sign-in of their own."""
