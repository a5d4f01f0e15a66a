"""设置: how the program looks and behaves on this machine, and its help."""
