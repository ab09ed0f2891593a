"""The pipeline: snapshot → gate → route → gather → blend → render → stream → parse → judge → send."""
