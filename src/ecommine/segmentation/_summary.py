def lifecycle_sentences(*a): return ""
def transition_sentences(*a): return ""
def tier_sentences(*a): return ""
