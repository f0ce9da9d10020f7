#!/usr/bin/env python3
"""A job of `tui-queue demo`: prints what a training prints, and computes nothing."""

import argparse
import math
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--lr", type=float, default=0.1)
    words = parser.parse_args()
    for epoch in range(1, words.epochs + 1):
        loss = 0.2 + 2.0 * math.exp(-epoch * words.lr)
        print(f"epoch {epoch:3}/{words.epochs}  loss {loss:.3f}  lr {words.lr:g}", flush=True)
        if epoch % 12 == 0:
            print(f"\x1b[33mWARN\x1b[0m gradient norm {10 + epoch / 3:.1f} clipped to 5.0", flush=True)
        print(f"{100 * epoch // words.epochs}%", flush=True)
        time.sleep(1)
    print(f"\x1b[32msaved\x1b[0m model-{words.epochs}.pt", flush=True)


if __name__ == "__main__":
    main()
