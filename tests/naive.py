"""Slow, obvious twins of the kernels: one loop per thing that is counted."""

import math

import numpy as np


def half_away(x):
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


def graycomatrix(image, distances, angles, levels, symmetric=False, normed=False, mask=None):
    rows, cols = image.shape
    counts = np.zeros((levels, levels, len(distances), len(angles)))
    for d, distance in enumerate(distances):
        for a, angle in enumerate(angles):
            dr, dc = half_away(math.sin(angle) * distance), half_away(math.cos(angle) * distance)
            for r in range(rows):
                for c in range(cols):
                    if not (0 <= r + dr < rows and 0 <= c + dc < cols):
                        continue
                    if mask is not None and (mask[r, c] or mask[r + dr, c + dc]):
                        continue
                    counts[image[r, c], image[r + dr, c + dc], d, a] += 1
    if symmetric:
        counts = counts + counts.transpose(1, 0, 2, 3)
    if normed:
        total = counts.sum((0, 1))
        counts = counts / np.where(total == 0, 1, total)
    return counts


def graycoprop(p, prop):
    """One property of one matrix of counts."""
    total = p.sum()
    pairs = [(i, j, p[i, j] / total) for i, j in np.argwhere(p).tolist()]
    mean_i, mean_j = sum(q * i for i, j, q in pairs), sum(q * j for i, j, q in pairs)
    var_i = sum(q * (i - mean_i) ** 2 for i, j, q in pairs)
    var_j = sum(q * (j - mean_j) ** 2 for i, j, q in pairs)
    if prop == "correlation":
        if min(var_i, var_j) < 1e-30:
            return 1.0
        covariance = sum(q * (i - mean_i) * (j - mean_j) for i, j, q in pairs)
        return covariance / math.sqrt(var_i * var_j)
    if prop.startswith(("sum_", "difference_")):
        side, kind = prop.split("_")
        value = (lambda i, j: i + j) if side == "sum" else (lambda i, j: abs(i - j))
        return spread_property([(value(i, j), q) for i, j, q in pairs], kind)
    if prop.startswith("imc"):
        return information_measure(pairs, prop)
    asm = sum(q * q for i, j, q in pairs)
    return {
        "contrast": sum(q * (i - j) ** 2 for i, j, q in pairs),
        "dissimilarity": sum(q * abs(i - j) for i, j, q in pairs),
        "homogeneity": sum(q / (1 + (i - j) ** 2) for i, j, q in pairs),
        "ASM": asm,
        "energy": math.sqrt(asm),
        "mean": mean_i,
        "variance": var_i,
        "std": math.sqrt(var_i),
        "entropy": entropy(q for i, j, q in pairs),
    }[prop]


def entropy(shares):
    return -sum(q * math.log(q) for q in shares)


def gathered(weighted):
    """Sum of the weights of each value."""
    shares = {}
    for value, q in weighted:
        shares[value] = shares.get(value, 0.0) + q
    return shares


def spread_property(weighted, kind):
    """Mean, variance or entropy of a value that comes with these weights."""
    mean = sum(value * q for value, q in weighted)
    return {
        "average": mean,
        "variance": sum((value - mean) ** 2 * q for value, q in weighted),
        "entropy": entropy(gathered(weighted).values()),
    }[kind]


def information_measure(pairs, prop):
    """As Haralick writes them, with HXY1 and HXY2."""
    x, y = gathered((i, q) for i, j, q in pairs), gathered((j, q) for i, j, q in pairs)
    joint = entropy(q for i, j, q in pairs)
    if prop == "imc1":
        first = -sum(q * math.log(x[i] * y[j]) for i, j, q in pairs)
        most = max(entropy(x.values()), entropy(y.values()))
        return (joint - first) / most if most else 0.0
    second = entropy(x[i] * y[j] for i in x for j in y)
    return math.sqrt(max(0.0, 1 - math.exp(-2 * (second - joint))))


def added(values):
    """Sum from left to right; `sum` corrects its rounding from Python 3.12 on."""
    total = 0.0
    for value in values:
        total += value
    return total


def lbp_samples(image, P, R, r, c, mask):
    """The P samples around one pixel, or None where one of them reads a masked pixel."""
    rows, cols = image.shape
    if mask is not None and mask[r, c]:
        return None
    radius, samples = float(np.float32(R)), []
    for k in range(P):
        angle = 2 * math.pi * k / P
        y = r + round(-radius * math.sin(angle), 5)
        x = c + round(radius * math.cos(angle), 5)
        top, left = math.floor(y), math.floor(x)
        down, right = y - top, x - left
        corners = []
        for row, row_weight in ((top, 1 - down), (top + 1, down)):
            for col, col_weight in ((left, 1 - right), (left + 1, right)):
                inside = 0 <= row < rows and 0 <= col < cols and row_weight and col_weight
                if inside and mask is not None and mask[row, col]:
                    return None
                corners.append(float(image[row, col]) if inside else 0.0)
        upper = (1 - right) * corners[0] + right * corners[1]
        lower = (1 - right) * corners[2] + right * corners[3]
        samples.append((1 - down) * upper + down * lower)
    return samples


def lbp_code(samples, centre, method):
    P = len(samples)
    if method == "var":
        total = added(samples)
        variance = (added(t * t for t in samples) - total * total / P) / P
        return variance if variance else math.nan
    bits = [int(t >= centre) for t in samples]
    if method == "default":
        return sum(bit << k for k, bit in enumerate(bits))
    if method == "ror":
        return min(sum(bits[(k + s) % P] << k for k in range(P)) for s in range(P))
    changes = sum(bits[k] != bits[k + 1] for k in range(P - 1))
    ones = sum(bits)
    if method == "uniform":
        return ones if changes <= 2 else P + 1
    if changes > 2:
        return P * (P - 1) + 2
    if ones in (0, P):
        return 0 if ones == 0 else P * (P - 1) + 1
    turns = (
        0  # right shifts of the code that bring its ones from the lowest bits to where they are
    )
    reference = [1] * ones + [0] * (P - ones)
    while reference != bits:
        reference = reference[1:] + reference[:1]
        turns += 1
    return 1 + (ones - 1) * P + turns


def local_binary_pattern(image, P, R, method, mask=None):
    out = np.full(image.shape, np.nan)
    for r, c in np.ndindex(*image.shape):
        samples = lbp_samples(image, P, R, r, c, mask)
        if samples is not None:
            out[r, c] = lbp_code(samples, float(image[r, c]), method)
    return out


def lbp_histogram(image, P, R, method, width, mask=None):
    """Counts of the codes; a variance v goes to the bin that log2(1 + v) / 16 falls in."""
    counts = np.zeros(width, np.int64)
    for r, c in np.ndindex(*image.shape):
        samples = lbp_samples(image, P, R, r, c, mask)
        if samples is None:
            continue
        code = lbp_code(samples, float(image[r, c]), method)
        if method == "var":
            code = 0 if math.isnan(code) else int(width * math.log2(1 + max(code, 0)) / 16)
        counts[min(int(code), width - 1)] += 1
    return counts


def local_contrast_normalize(image, window, min_std, border, mask=None):
    image = np.asarray(image, np.float64)
    valid = np.ones(image.shape, bool) if mask is None else ~mask
    floor = min_std * image[valid].std() if valid.any() else 0.0
    half, (rows, cols) = window // 2, image.shape
    out = np.zeros(image.shape)
    for r, c in np.ndindex(rows, cols):
        inside = []
        for y in range(r - half, r + half + 1):
            for x in range(c - half, c + half + 1):
                if border == "reflect":
                    y_in, x_in = abs(y), abs(x)
                    y_in = y_in if y_in < rows else 2 * (rows - 1) - y_in
                    x_in = x_in if x_in < cols else 2 * (cols - 1) - x_in
                elif 0 <= y < rows and 0 <= x < cols:
                    y_in, x_in = y, x
                else:
                    continue
                if valid[y_in, x_in]:
                    inside.append(image[y_in, x_in])
        if valid[r, c] and len(inside) >= 2:
            divisor = max(np.std(inside), floor)
            out[r, c] = (image[r, c] - np.mean(inside)) / divisor if divisor > 0 else 0.0
    return out


def strong_pixels(image, gain, threshold, sigma_background, sigma_strong, kernel_size, mask=None):
    """The dispersion test pixel by pixel: which are strong, and how high above the mean."""
    image = np.asarray(image, np.float64)
    valid = np.ones(image.shape, bool) if mask is None else ~mask
    strong, height = np.zeros(image.shape, bool), np.zeros(image.shape)
    for r, c in np.ndindex(*image.shape):
        rows = slice(max(0, r - kernel_size), r + kernel_size + 1)
        cols = slice(max(0, c - kernel_size), c + kernel_size + 1)
        values = image[rows, cols][valid[rows, cols]]
        n = len(values)
        if n < 2 or not valid[r, c]:
            continue
        mean = values.mean()
        photons = gain * max(mean, 0)
        dispersed = values.var(ddof=1) > photons * (1 + sigma_background * math.sqrt(2 / (n - 1)))
        above = image[r, c] > mean + sigma_strong * math.sqrt(photons)
        strong[r, c] = dispersed and above and image[r, c] > threshold
        height[r, c] = image[r, c] - mean
    return strong, height


def find_spots(image, smallest, largest, **limits):
    """Rows of (area, intensity, peak, row, col, radius), in the order of the first pixels."""
    strong, height = strong_pixels(image, **limits)
    left = {tuple(place) for place in np.argwhere(strong).tolist()}
    spots = []
    for first in sorted(left):
        if first not in left:
            continue
        left.remove(first)
        spot = [first]
        for r, c in spot:
            for near in [(r + dr, c + dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1)]:
                if near in left:
                    left.remove(near)
                    spot.append(near)
        if smallest <= len(spot) <= largest:
            h = np.array([height[place] for place in spot])
            r, c = np.array(spot, float).T
            row, col = (h * r).sum() / h.sum(), (h * c).sum() / h.sum()
            radius = math.sqrt((h * ((r - row) ** 2 + (c - col) ** 2)).sum() / h.sum())
            spots.append((len(spot), h.sum(), h.max(), row, col, radius))
    return np.array(spots).reshape(-1, 6)


def polar_map(image, centre, radii, n_angles, weights):
    """Bilinear samples, each of the four pixels counting with its share times its weight."""
    values, total = np.zeros((len(radii), n_angles)), np.zeros((len(radii), n_angles))
    rows, cols = image.shape
    for i, k in np.ndindex(len(radii), n_angles):
        y = round(centre[0] + radii[i] * math.sin(2 * math.pi * k / n_angles), 9)
        x = round(centre[1] + radii[i] * math.cos(2 * math.pi * k / n_angles), 9)
        if not (0 <= y <= rows - 1 and 0 <= x <= cols - 1):
            continue
        for r in range(rows):
            for c in range(cols):
                share = max(0, 1 - abs(r - y)) * max(0, 1 - abs(c - x)) * weights[r, c]
                values[i, k] += share * image[r, c]
                total[i, k] += share
    return np.where(total > 0, values / np.where(total > 0, total, 1), 0), total


def polar_bins(image, centre, radii, n_angles, weights, fine):
    """Means of the pixels over bins, in fine x fine squares; weight is the part that counts."""
    sums, counted, whole = np.zeros((3, len(radii), n_angles))
    edges = np.concatenate(
        [[1.5 * radii[0] - radii[1] / 2], (radii[1:] + radii[:-1]) / 2, [2 * radii[-1]]]
    )
    edges[-1] -= edges[-2]
    rows, cols = image.shape
    reach = math.ceil(edges[-1]) + 1
    for r in range(math.floor(centre[0]) - reach, math.ceil(centre[0]) + reach + 1):
        for c in range(math.floor(centre[1]) - reach, math.ceil(centre[1]) + reach + 1):
            for a, b in np.ndindex(fine, fine):
                y = r - centre[0] + (a + 0.5) / fine - 0.5
                x = c - centre[1] + (b + 0.5) / fine - 0.5
                ring = int((math.hypot(y, x) > edges).sum()) - 1
                angle = round(math.atan2(y, x) / (2 * math.pi) * n_angles) % n_angles
                if 0 <= ring < len(radii):
                    whole[ring, angle] += 1
                    if 0 <= r < rows and 0 <= c < cols:
                        counted[ring, angle] += weights[r, c]
                        sums[ring, angle] += weights[r, c] * image[r, c]
    return np.where(counted > 0, sums / np.where(counted > 0, counted, 1), 0), counted / whole


def angular_correlation(rings, weights, reduction, order):
    """C_ij(delta) by its definition, ring means off, then what is kept of it."""
    n, angles = rings.shape
    total = weights.sum(1)
    y = np.zeros(rings.shape)
    for i in range(n):
        if total[i]:
            y[i] = weights[i] * (rings[i] - (weights[i] * rings[i]).sum() / total[i])
    out = np.zeros((n, n))
    for i, j in np.ndindex(n, n):
        if reduction == "order" or (reduction == "merged" and j > i):
            wave = np.exp(-2j * np.pi * order * np.arange(angles) / angles)
            if total[i] and total[j]:
                first, second = (y[i] * wave).sum() / total[i], (y[j] * wave).sum() / total[j]
                out[i, j] = (first.conjugate() * second).real
            continue
        found = []
        for delta in range(angles if reduction == "max" else 1):
            common = (weights[i] * np.roll(weights[j], -delta)).sum()
            if common > 1e-4 * angles:
                found.append((y[i] * np.roll(y[j], -delta)).sum() / common)
        out[i, j] = max(found, default=0.0)
    return out
