"""The pipeline: snapshot → gate → read → choose → gather → render → stream → parse → judge → send."""
