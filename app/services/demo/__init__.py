"""An invented world to try the program in: nobody and nothing in it exists."""
