"""What one process answers with, built from the settings in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from nutgraf.errors import InputError
from nutgraf.pipeline.parts import Rooms

if TYPE_CHECKING:
    from nutgraf.seams import ItemStore, Model
    from nutgraf.settings import Settings
    from nutgraf.store.embedded import EmbeddedStore

#: Rooms from settings and the items that may be cited beside the one that is read.
BuildRooms = Callable[["Settings", "ItemStore | None"], Rooms]
VOCABULARY = "vocabulary"


def real_rooms(settings: Settings, items: ItemStore | None) -> Rooms:
    """The rooms of a real process: its encoder, vocabulary and model. Takes about a second.

    Raises MissingPart naming the command that installs what is missing, InputError for a model nobody knows.
    """
    from nutgraf.model.catalogue import open_model
    from nutgraf.retrieve.encoder import OnnxEncoder
    from nutgraf.vocabulary.match import load

    imported = settings.data_dir / VOCABULARY
    return Rooms(
        settings=settings,
        encoder=OnnxEncoder.load(threads=settings.encoder_threads),
        vocabulary=load(imported if (imported / "skills.tsv").is_file() else None),
        model=open_model(settings.model, settings),
        items=items,
    )


@dataclass(kw_only=True)
class Backend:
    """A store and the rooms over it; `rooms_for` gives the same rooms with another model."""

    settings: Settings
    store: EmbeddedStore
    rooms: Rooms
    _others: dict[str, Model | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def model_names(self) -> list[str]:
        """The models that a request may name: the one of the settings, `none`, and those under `[models]`."""
        return sorted({self.settings.model, "none", *self.settings.models})

    def rooms_for(self, name: str | None) -> Rooms:
        """The rooms with the model of that name, opened when first asked for. InputError names those there are."""
        if name is None or name == self.settings.model:
            return self.rooms
        if name not in self.model_names():
            raise InputError(f"model: {name!r} is not known here; known are {', '.join(self.model_names())}")
        with self._lock:
            if name not in self._others:
                from nutgraf.model.catalogue import open_model

                self._others[name] = open_model(name, self.settings)
        return replace(self.rooms, model=self._others[name])


@contextmanager
def open_backend(settings: Settings, build: BuildRooms = real_rooms, folder: Path | None = None) -> Iterator[Backend]:
    """A backend on the store in `folder` (default: the data folder), closed with the block."""
    from nutgraf.store.embedded import EmbeddedStore

    with EmbeddedStore.open(folder or settings.data_dir) as store:
        yield Backend(settings=settings, store=store, rooms=build(settings, store))
