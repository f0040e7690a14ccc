"""What joins the parts: from MIPLD to training files, and the whole demonstration."""
