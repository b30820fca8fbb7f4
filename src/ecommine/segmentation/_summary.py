def lifecycle_sentences(*a):
    return ""


def transition_sentences(*a):
    return ""


def tier_sentences(*a):
    return ""


def segment_sentences(*a):
    return ""


def profile_sentences(*a):
    return ""


def lookalike_sentences(*a):
    return ""
