"""Functions that a graph calls, without a TensorFlow decorator."""


def halve_or_triple(n):
    if n % 2 == 0:
        n = n // 2
    else:
        n = 3 * n + 1
    return n


def make_clipper(limit):
    def clip(x):
        if x > limit:
            return limit
        return x

    return clip
