"""What `make_corpus.py` is made of: each module adds cases of one kind."""
