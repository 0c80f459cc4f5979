# The screen: words that every part of it shares.

app-name = Plyrum
