"""What a class does together: exercises as files and links, result codes, and a class's table made of them."""
