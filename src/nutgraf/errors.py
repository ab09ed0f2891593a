"""Every failure this package raises on purpose, and whose fault it is.

NutgrafError
├── InputError          the caller's document, option or question cannot be used
│   ├── TooLarge        … because it passes a limit that is named in the message
│   └── NotFound        … because nothing has that id
├── NotAllowed          the scope does not carry the right that was needed
├── MissingPart         an optional part (model, extra, file) is not installed
├── StoreError          the store could not keep or find something it should
├── SourceError         one source of evidence failed; its neighbours go on
├── ModelError          the model could not be used
│   ├── ModelBusy       … it asked us to slow down (may be tried again)
│   │   └── QuotaSpent  … the tenant or the member has used up its tokens for now
│   ├── ModelRefused    … it will never accept this request
│   │   └── ModelDenied  … because of its key, its plan or its name: another model may accept it
│   ├── ModelCut        … it stopped before it said it was done
│   └── ModelSilent     … it said nothing for longer than its limit
└── ProtocolBroken      our own rules were broken: a fault in Nutgraf
"""


class NutgrafError(Exception):
    """Base of everything raised on purpose; its text is for operators, `public` for members."""

    retryable = False
    public = "Takeaways are taking a break. Please try again."


class InputError(NutgrafError):
    """The caller's input cannot be used; the message names the field, the fault and the remedy."""

    public = "This could not be read. Please check the document and try again."


class TooLarge(InputError):
    """The input passes a limit; the message names the limit with its unit."""

    public = "This is larger than we accept."


class NotFound(InputError):
    """Nothing has this id, or the scope may not know that it exists."""

    public = "This does not exist, or is not yours to see."


class NotAllowed(NutgrafError):
    """The scope does not carry the right that was needed."""

    public = "You do not have access to this."


class MissingPart(NutgrafError):
    """An optional part is not installed; the message names the command that installs it."""

    public = "A part of Nutgraf is not installed here."


class StoreError(NutgrafError):
    """The store could not keep or find something; nothing was acknowledged."""

    retryable = True


class SourceError(NutgrafError):
    """One source of evidence failed."""

    retryable = True


class ModelError(NutgrafError):
    """The model could not be used."""


class ModelBusy(ModelError):
    """The provider asked us to slow down; `retry_after_s` is how long it asked us to wait, in seconds, if it did."""

    retryable = True
    retry_after_s: float | None = None


class QuotaSpent(ModelBusy):
    """The tenant or the member has used up its tokens for this window; `retry_after_s` is what is left of it."""


class ModelRefused(ModelError):
    """The provider will never accept this request as it is."""


class ModelDenied(ModelRefused):
    """The provider does not serve us: key, plan or name of the model; the request itself may be fine elsewhere."""


class ModelCut(ModelError):
    """The provider stopped before it said that it was done."""


class ModelSilent(ModelError):
    """The provider said nothing for longer than its limit."""

    retryable = True


class ProtocolBroken(NutgrafError):
    """One of our own rules was broken, such as an event after the ending."""
