"""The list of networks as a good Django developer writes it, with modeltranslation and without any cache."""
