"""How good the editing is, measured on labelled data. Pure: rows in, figures out."""
