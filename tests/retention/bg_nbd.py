"""BG/NBD, fitted by maximum likelihood (Fader, Hardie and Lee 2005): what the probability is set against."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln


def log_likelihood(parameters, x, t_x, t):
    r, alpha, a, b = parameters
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + t)
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.where(x > 0, betaln(a + 1, b + x - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x), -np.inf)
    return common + np.logaddexp(alive, gone)


def fit(x, t_x, t):
    scale = max(float(np.mean(t)), 1.0)

    def loss(logs):
        r, alpha, a, b = np.exp(logs)
        return -float(log_likelihood((r, alpha * scale, a, b), x, t_x, t).mean())

    starts = ([0.0, 0.0, 0.0, 1.0], [-1.0, -1.0, -2.0, 2.0])
    runs = [minimize(loss, start, method="L-BFGS-B", bounds=[(-8, 8)] * 4) for start in starts]
    r, alpha, a, b = np.exp(min(runs, key=lambda run: run.fun).x)
    return r, alpha * scale, a, b


def probability(parameters, x, t_x, t, horizon):
    """Return the chance of a purchase within the horizon."""
    r, alpha, a, b = parameters
    with np.errstate(divide="ignore"):
        odds = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + t) / (alpha + t_x)) ** (r + x), 0.0)
    return (1 - ((alpha + t) / (alpha + t + horizon)) ** (r + x)) / (1 + odds)
