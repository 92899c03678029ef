def check(output):
    return len(output) < 50
