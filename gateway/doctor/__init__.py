"""`xuemai gateway doctor`: what hangs on this machine's ports, what is wrong, and what to do about it."""
