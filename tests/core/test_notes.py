"""Notes: sentences to everything that reads text, with a code and a count for a service."""

import copy
import pickle
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest

from ecommine._core.notes import Note, warn_of_notes

TEXT = "3 orders have no customer and are left out"


@pytest.fixture
def note():
    return Note(TEXT, code="guests_left_out", count=3)


def test_a_note_is_its_sentence(note):
    assert (note.code, note.count) == ("guests_left_out", 3)
    assert note == TEXT
    assert hash(note) == hash(TEXT)
    assert {TEXT: 1}[note] == 1
    assert (repr(note), str(note), f"{note}", "- {}".format(note)) == (repr(TEXT), TEXT, TEXT, f"- {TEXT}")  # noqa: UP032
    assert type(str(note)) is str
    assert "; ".join([note, note]) == f"{TEXT}; {TEXT}"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_keep_code_and_count(note, protocol):
    back = pickle.loads(pickle.dumps((note,), protocol))[0]
    assert (type(back), back, back.code, back.count) == (Note, TEXT, "guests_left_out", 3)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_keep_code_and_count(note, copied):
    back = copied([note])[0]
    assert (type(back), back, back.code, back.count) == (Note, TEXT, "guests_left_out", 3)


def test_notes_stand_in_a_frozen_dataclass(note):
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Result:
        notes: tuple[Note, ...] = ()

    result = replace(Result(), notes=(note,))
    assert result == Result(notes=(Note(TEXT, code="guests_left_out", count=3),))
    assert [note.code for note in result.notes] == ["guests_left_out"]


@pytest.mark.parametrize(("count", "kept"), [(None, None), (0, 0), (np.int64(5), 5), (np.int32(7), 7)])
def test_counts_are_plain_integers(count, kept):
    note = Note(TEXT, code="x", count=count)
    assert note.count == kept
    assert type(note.count) is type(kept)


def test_a_count_is_a_whole_number():
    with pytest.raises((TypeError, AttributeError)):
        Note(TEXT, code="x", count=1.5)


@pytest.mark.parametrize("code", ["", "Guests", "guests left out", "_x", "x_", "a__b", "1st", "gäste"])
def test_codes_are_snake_case(code):
    with pytest.raises(ValueError, match="`code` must be snake_case such as 'guests_left_out', got"):
        Note(TEXT, code=code)


def test_one_warning_carries_all_notes(note):
    class Warned(UserWarning):
        pass

    other = Note("prices are assumed to hold tax", code="tax_assumed")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_notes([note, other], Warned)
    (warning,) = caught
    assert warning.category is Warned
    assert warning.filename == __file__
    assert str(warning.message) == f"{TEXT}; prices are assumed to hold tax"
    assert [(one.code, one.count) for one in warning.message.notes] == [("guests_left_out", 3), ("tax_assumed", None)]
    back = pickle.loads(pickle.dumps(UserWarning(note)))
    assert back.args[0].code == "guests_left_out"


def test_the_level_is_that_of_the_caller(note):
    def inner():
        warn_of_notes([note], UserWarning, stacklevel=2)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        inner()
        warn_of_notes([note], UserWarning)
    assert caught[1].lineno == caught[0].lineno + 1


def test_nothing_to_note_is_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_notes([], UserWarning)
