"""Uses tf.data and @tf.function with Python control flow, closures and super()."""

import sys

import tensorflow as tf

from steps import halve_or_triple, make_clipper

traced = 0


@tf.function
def collatz(n):
    steps = 0
    while n > 1:
        n = halve_or_triple(n)
        steps += 1
    return steps


class Base(tf.Module):
    def weight(self, i):
        return i


class Sum(Base):
    def __init__(self, factor):
        super().__init__()
        self.factor = tf.Variable(factor)

    def weight(self, i):
        return super().weight(i) * self.factor

    @tf.function
    def __call__(self, n):
        total = 0
        for i in tf.range(n):
            if i % 3 == 0:
                continue
            total += self.weight(i)
        return total


def counting(limit):
    calls = 0

    @tf.function
    def count(x):
        nonlocal calls
        calls += 1
        if x > limit:
            return x
        return x + limit

    return count, lambda: calls


def scale(x):
    if x % 2 == 0:
        return x * 10
    else:
        return x


def main():
    start = int(sys.argv[1]) if len(sys.argv) > 1 else 27
    print("collatz", int(collatz(tf.constant(start))))
    print("sum", int(Sum(3)(tf.constant(10))))
    count, calls = counting(4)
    print("closure", int(count(tf.constant(9))), int(count(tf.constant(2))), "traced", calls())
    data = tf.data.Dataset.range(8).map(scale).map(make_clipper(tf.constant(30, tf.int64))).batch(3)
    print("data", [batch.tolist() for batch in data.as_numpy_iterator()])
    print("lambda", list(tf.data.Dataset.range(5).map(lambda x: x if x > 2 else -x).as_numpy_iterator()))


if __name__ == "__main__":
    main()
