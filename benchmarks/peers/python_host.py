"""What the peers' Python processes share: requests and answers of ../handler.mjs as JSON lines."""

import json
import sys
import time


def waited_ms():
    """Milliseconds that this thread has waited for a CPU."""
    with open("/proc/thread-self/schedstat") as statistics:
        return int(statistics.read().split()[1]) / 1e6


def timed(call):
    """The call's value, and its {ms, waited_ms}."""
    before = waited_ms()
    start = time.perf_counter()
    value = call()
    ms = (time.perf_counter() - start) * 1e3
    return value, {"ms": ms, "waited_ms": waited_ms() - before}


def serve(handler):
    """Answers every line of standard input by the method that its "op" names."""
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = getattr(handler, request["op"])(request)
        except Exception as error:  # noqa: BLE001: whatever it is, the benchmark tells it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
