"""Ensue: campaigns that follow from what people did with other campaigns."""
