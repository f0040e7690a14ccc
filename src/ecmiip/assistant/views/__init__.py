"""What the four tasks show besides the answer: tables made of the law and the user's own words."""
