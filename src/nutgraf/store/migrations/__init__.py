"""How files of earlier versions become files of this one; alembic is imported only for that."""
