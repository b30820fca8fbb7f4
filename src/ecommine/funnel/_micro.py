from .._core.arrays import Times as Times  # noqa: PLC0414
from .._core.moments import DAY as DAY  # noqa: PLC0414
from .._core.moments import SECOND as SECOND  # noqa: PLC0414
from .._core.moments import column_to_microseconds as column_to_microseconds  # noqa: PLC0414
from .._core.moments import length_to_microseconds as length_to_microseconds  # noqa: PLC0414
from .._core.moments import moment_to_microseconds as moment_to_microseconds  # noqa: PLC0414
