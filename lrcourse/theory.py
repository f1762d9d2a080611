r"""Theory: what can be known without training. Stability, noise floor, exact expectations, a bound for any schedule.

Formulas write $\lambda$ for a curvature, $\sigma$ for the deviation of the gradient's noise in one direction, $\alpha$
for the rate and $\beta$ for the momentum. Time is counted in updates: ``schedule(k)`` is the rate of update k, from 0
on. Wherever a schedule goes, an array of rates may go too, such as ``schedule(np.arange(steps) / updates_per_epoch)``
for a schedule in epochs.

>>> from lrcourse import SGD, Momentum, NoisyQuadratic, constant, linear_decay
>>> problem = NoisyQuadratic(curvature=[0.1, 1.0], noise=0.5)
>>> stability_limit(SGD(), problem.curvature)
array([20.,  2.])
>>> expected_loss(problem, SGD(), linear_decay(0.5, total=100), steps=100)[[0, 50, 100]].round(3)
array([0.55 , 0.04 , 0.017])
"""

from dataclasses import dataclass

import numpy as np

from lrcourse.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
from lrcourse.problems import NoisyQuadratic, Quadratic
from lrcourse.ranges import Count, Epochs, Flag, Positive, Range, Vector, as_numbers, check_all
from lrcourse.schedules import Schedule, schedule
from lrcourse.training import History


# ---- stability and the noise floor -----------------------------------------------------------------------------------

def stability_limit(optimizer, curvature, averaging=False):
    r"""The largest constant rate at which a run stays near a minimum of the given ``curvature``.

    - SGD: $\dfrac{2}{\lambda}$
    - Momentum, $v \leftarrow \beta v + g$: $\dfrac{2\,(1 + \beta)}{\lambda}$
    - Momentum with ``averaging=True``, $v \leftarrow \beta v + (1 - \beta)\,g$:
      $\dfrac{2\,(1 + \beta)}{(1 - \beta)\,\lambda}$
    - Nesterov: $\dfrac{2\,(1 + \beta)}{(1 + 2 \beta)\,\lambda}$
    - Adam: $\dfrac{2\,(1 + \beta_1)}{(1 - \beta_1)\,\lambda}$, which is 38/λ, and RMSProp: $\dfrac{2}{\lambda}$. Here
      ``curvature`` is that of the preconditioned loss, $\lambda / (\sqrt s + \epsilon)$ if all weights have the same s.

    ``curvature`` is a number or an array, and the result has its shape; its smallest entry is the limit of all directions
    together. A ``weight_decay`` adds to the curvature, AdamW's as $\frac{1 + \beta_1}{1 - \beta_1}$ times itself. Raises
    TypeError for another optimizer.

    SGD, momentum and Nesterov: the maximum stable sharpness in Cohen et al., Gradient descent on neural networks
    typically occurs at the edge of stability, 2021. Adam: the stability threshold of preconditioned gradient descent
    in Cohen et al., Adaptive gradient methods at the edge of stability, 2022.

    >>> stability_limit(SGD(), 20.0)
    0.1
    >>> stability_limit(Momentum(0.9), [1.0, 20.0])
    array([3.8 , 0.19])
    >>> round(stability_limit(Adam(), 1.0), 9)
    38.0
    """
    check_all("stability_limit", {"averaging": Flag}, {"averaging": averaging})
    kinds = (SGD, Momentum, Nesterov, Adam, RMSProp)
    _check_optimizer("stability_limit", optimizer, kinds)
    if averaging and type(optimizer) is not Momentum:
        raise ValueError(f"averaging=True is not allowed in stability_limit with {optimizer!r}: a form of Momentum")
    h, decay = _curvatures("stability_limit", curvature), optimizer.weight_decay
    beta = getattr(optimizer, "beta", getattr(optimizer, "beta1", 0.0))
    if isinstance(optimizer, Nesterov):
        h = (1 + 2 * beta) * (h + decay)
    elif isinstance(optimizer, AdamW):
        h = (1 - beta) * h + (1 + beta) * decay
    else:
        h = (1 - beta if averaging or isinstance(optimizer, Adam) else 1) * (h + decay)
    with np.errstate(divide="ignore"):
        limit = 2 * (1 + beta) / h
    return float(limit) if limit.ndim == 0 else limit


def sharpness(gradient, w, iterations=12):
    r"""The largest curvature of a loss at the weights ``w``, (..., P): the largest eigenvalue of its Hessian, (...).

    ``gradient(w)`` must be exact, that is of all the data, and in float64. The Hessian is never built; its product with a
    direction v is the difference of two gradients,

    $H v \approx \dfrac{\nabla f(w + \epsilon v) - \nabla f(w)}{\epsilon}$,

    and Lanczos' method needs 12 of these for 1 % or better. Lanczos, An iteration method for the solution of the
    eigenvalue problem, 1950; for the products Pearlmutter, Fast exact multiplication by the Hessian, 1994.

    >>> from lrcourse import ravine
    >>> sharpness(ravine(curvature=(1, 20)).gradient, [[-1.9, 1.0]]).round(3)
    array([20.])
    """
    check_all("sharpness", {"iterations": Count}, {"iterations": iterations})
    given, w = w, as_numbers(w)
    if not callable(gradient) or w is None:
        name, value, what = ("w", given, "weights") if callable(gradient) else ("gradient", gradient, "a function of the weights")
        raise TypeError(f"{name}={value!r} is not allowed in sharpness: {what}")
    if w.ndim == 0 or not w.size or not np.isfinite(w).all():
        raise ValueError(f"w={given!r} is not allowed in sharpness: finite weights of the shape (..., P)")
    w = w.astype(np.float64)
    try:
        first = as_numbers(gradient(w))
        if np.shape(first) != w.shape:
            raise ValueError("it gives no numbers of that shape")
    except (TypeError, ValueError) as error:
        raise type(error)(f"gradient={gradient!r} is not allowed in sharpness with w of the shape {w.shape}: {error}") from None
    v = np.broadcast_to(np.random.default_rng(0).normal(size=w.shape[-1]), w.shape)
    tried, T = [], np.zeros((*w.shape[:-1], iterations, iterations))
    for k in range(iterations):
        length = np.linalg.norm(v, axis=-1, keepdims=True)
        tried.append(np.divide(v, length, out=np.zeros_like(w), where=length > 1e-9))     # nothing new: no direction
        v = (gradient(w + 1e-8 * tried[k]) - first) / 1e-8
        for _ in range(2):      # twice, since once leaves rounding behind
            for j, u in enumerate(tried):
                along = np.sum(u * v, axis=-1, keepdims=True)
                T[..., j, k] += along[..., 0]
                v = v - along * u
    return np.linalg.eigvalsh(T, UPLO="U").max(axis=-1)      # the upper half of the Hessian, seen in the tried directions


def noise_floor(optimizer, lr, curvature, noise, batch_size=1):
    r"""The loss at rest, $\tfrac12 \lambda\,\mathbb E\,w^2$, that a constant rate leaves in a direction of a quadratic.

    With the variance $s^2 = \sigma^2 / B$ of the mean of a batch of B:

    - SGD: $\dfrac{\alpha\,s^2}{2\,(2 - \alpha\lambda)}$
    - Momentum: $\dfrac{\alpha\,s^2}{2\,(1 - \beta)} \cdot \dfrac{1 + \beta}{2\,(1 + \beta) - \alpha\lambda}$

    For small rates both are $\tfrac14\,\frac{\alpha}{1 - \beta}\,\frac{\sigma^2}{B}$: the rate divided by the batch size
    decides. ``lr``, ``curvature``, ``noise`` (the sigma of one example) and ``batch_size`` are numbers or arrays, which
    broadcast; directions add up. Infinite from the stability limit on. Raises TypeError for another optimizer.

    The variance at rest of Mandt, Hoffman and Blei, Stochastic gradient descent as approximate Bayesian inference,
    2017, there for small rates; the exact forms are the fixed points of the recursion in ``expected_loss``. Rate over
    batch size: the noise scale of Smith et al., Don't decay the learning rate, increase the batch size, 2018.

    >>> round(noise_floor(SGD(), lr=0.1, curvature=1.0, noise=1.0), 4)
    0.0263
    >>> noise_floor(Momentum(0.9), lr=0.1, curvature=1.0, noise=1.0, batch_size=[1, 10]).round(4)
    array([0.2568, 0.0257])
    """
    _check_optimizer("noise_floor", optimizer, (SGD, Momentum))
    given = {"lr": lr, "curvature": curvature, "noise": noise, "batch_size": batch_size}
    arrays = {name: _numbers("noise_floor", name, value, above=name == "batch_size") for name, value in given.items()}
    try:
        lr, bare, sigma, batch = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the shapes of {shapes} are not allowed in noise_floor: they don't broadcast") from None
    h = bare + optimizer.weight_decay
    with np.errstate(over="ignore"):
        beta, variance = getattr(optimizer, "beta", 0.0), sigma ** 2 / batch
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        floor = variance * lr / (2 * (1 - beta)) * (1 + beta) / (2 * (1 + beta) - lr * h)
        share = np.where(bare > 0, bare / h, 0)     # the weights are held by h, the loss counts the bare curvature
        floor = np.where(lr < stability_limit(optimizer, bare), floor * share, np.inf)
    return float(floor) if floor.ndim == 0 else floor


def expected_loss(problem, optimizer, schedule, steps):
    r"""The exact expected loss of a noisy quadratic under any schedule, before each update and after the last.

    Nothing is sampled. For SGD each direction's $A = \mathbb E\,w^2$ follows

    $A \leftarrow (1 - \alpha\lambda)^2 A + \alpha^2 \sigma^2$

    and for momentum so do the means of w^2, w v and v^2 together. The loss is $\tfrac12 \sum_i \lambda_i A_i$.

    ``problem`` is a NoisyQuadratic (or a ravine), ``optimizer`` SGD or Momentum, ``schedule`` a schedule or an array of
    rates (..., steps), whose leading axes the result keeps: (..., steps + 1). A run that diverges ends in inf. Raises
    TypeError for another problem, optimizer or schedule, ValueError for rates that are negative or not ``steps`` many.

    The noisy quadratic model of Zhang et al., Which algorithmic choices matter at which batch sizes?, 2019, there at a
    constant rate; the recursion for SGD is that of its dynamics of the expected risk.

    >>> from lrcourse import NoisyQuadratic, constant
    >>> problem = NoisyQuadratic([1.0], noise=1.0)
    >>> expected_loss(problem, Momentum(0.9), constant(0.1), steps=1000)[[0, 1, 1000]].round(4)
    array([0.5   , 0.41  , 0.2568])
    """
    h, variance, square = _quadratic("expected_loss", problem)
    _check_optimizer("expected_loss", optimizer, (SGD, Momentum))
    lr = _rates("expected_loss", schedule, steps)
    loss = np.empty((*lr.shape[:-1], lr.shape[-1] + 1))
    beta, decay = getattr(optimizer, "beta", 0.0), optimizer.weight_decay
    for k, mean_square in enumerate(_mean_squares(h + decay, variance, square, lr, beta)):
        loss[..., k] = mean_square @ (0.5 * h)
    loss[np.isnan(loss)] = np.inf
    return loss


def _mean_squares(h, variance, square, lr, beta=0.0):
    """E w^2 in each direction, (..., d), before each update and after the last."""
    ww, wv, vv = square, 0.0, 0.0               # the means of w^2, w v and v^2
    yield ww
    with np.errstate(over="ignore", invalid="ignore"):
        for rate in np.moveaxis(lr, -1, 0)[..., None]:
            if beta:
                w_new = h * ww + beta * wv      # the mean of w v', with v' = beta v + h w + noise
                vv = h * w_new + beta * (h * wv + beta * vv) + variance
                wv = w_new - rate * vv          # w' = w - rate v'
                ww = ww - rate * (w_new + wv)
            else:
                ww = (1 - rate * h) ** 2 * ww + rate ** 2 * variance
            yield ww


# ---- a bound for any schedule ----------------------------------------------------------------------------------------

def convergence_bound(schedule, steps, grad_norms=1.0, distance=1.0):
    r"""How far above the minimum the loss can be at each update, in expectation, for a convex loss and SGD: (steps,).

    $\Omega_T = \dfrac{D^2}{2 \sum_{t \le T} \alpha_t} + \dfrac12 \Big[ \alpha_T G_T^2
    + \sum_{k < T} \dfrac{\alpha_k^2\,G_k^2}{\alpha_{k+1} + \dots + \alpha_T} \Big]$

    bounds $\mathbb E f(x_T) - f(x^\star)$, where $x_T$ are the weights *before* update T, for T = 1 to ``steps``. D is
    the ``distance`` from the start to the minimum, $G_t$ the ``grad_norms``, the root mean square length of gradient t:
    one number, or (steps,). The first part falls as the rates add up; the second is what the noise of the late steps
    costs. Where all rates so far are 0, or the last is, there is no bound: inf. O(steps) for each of the points.

    Theorem 1 of Schaipp et al., The surprising agreement between convex optimization theory and learning-rate
    scheduling for large model training, 2025, its double sum telescoped.

    >>> from lrcourse import constant, linear_decay
    >>> convergence_bound(constant(0.1), steps=100)[[0, 9, 99]].round(3)
    array([5.05 , 0.691, 0.359])
    >>> convergence_bound(linear_decay(0.1, total=100), steps=100)[[0, 9, 99]].round(3)
    array([5.05 , 0.705, 0.204])
    """
    lr, square = _bound_inputs("convergence_bound", schedule, steps, grad_norms, distance)
    weight, noise = lr ** 2 * square, lr * square
    late, parts = np.zeros(steps), np.empty(steps)
    with np.errstate(divide="ignore", invalid="ignore"):
        for last in range(1, steps):
            sums = late[:last]          # alpha_{k+1} + ... + alpha_last for each k: they only grow, so nothing cancels
            sums += lr[last]
            noise[last] += np.divide(weight[:last], sums, out=parts[:last]).sum()
        bound = distance ** 2 / (2 * np.cumsum(lr)) + noise / 2
    return np.where(lr > 0, bound, np.inf)


def best_scale(schedule, steps, grad_norms=1.0, distance=1.0):
    r"""The factor by which to multiply a schedule so that its bound after ``steps`` updates is smallest.

    Multiplied by c, the rates turn the two parts of ``convergence_bound``, travel and noise, into travel/c + c noise.
    That is smallest, at $2 \sqrt{\text{travel} \cdot \text{noise}}$, for

    $c^\star = \sqrt{\text{travel} / \text{noise}}$.

    Takes what ``convergence_bound`` takes, and O(steps). Raises ValueError if the last rate is 0: there is no bound.
    Schaipp et al., 2025: Theorem 1, minimised over the base learning rate.

    >>> from lrcourse import constant, linear_decay
    >>> round(best_scale(linear_decay(1.0, total=400), steps=400) / best_scale(constant(1.0), steps=400), 2)
    2.73
    """
    lr, square = _bound_inputs("best_scale", schedule, steps, grad_norms, distance)
    if lr[-1] == 0:
        raise ValueError("the last rate is 0, which best_scale can't bound: a last rate above 0")
    late = np.cumsum(lr[:0:-1])[::-1]
    noise = lr[-1] * square[-1] + (lr[:-1] ** 2 * square[:-1] / late).sum()
    with np.errstate(divide="ignore"):
        return float(np.sqrt(distance ** 2 / lr.sum() / noise))


# ---- the best schedule of all ----------------------------------------------------------------------------------------

@schedule
def listed(t, rates: Vector(low=0.0), every: Epochs = 1.0):
    r"""$\alpha_t = a_{\lfloor t / s \rfloor}$

    A list of rates, each for a time of ``every``, which is s; the last one stays.

    >>> listed([0.4, 0.1])([0, 0.5, 1, 9]).tolist()
    [0.4, 0.4, 0.1, 0.1]
    """
    place = np.floor(t / every + 1e-9)      # a time that rounding puts just before its rate still gets it
    return np.array(rates)[np.minimum(place, len(rates) - 1).astype(int)]


def best_schedule(problem, steps, highest=np.inf, rounds=30):
    r"""The schedule for plain SGD that makes the expected loss of a noisy quadratic after ``steps`` updates smallest.

    In one direction it is 1/t decay, exactly: $\alpha_k = \dfrac{1}{\lambda\,(k + 1 + c)}$ with
    $c = \dfrac{\sigma^2}{\lambda^2 w_0^2}$. With several there is no formula, and it is found: with all others fixed,
    the expected loss is a parabola in any one rate, so each in turn is set to its minimum, or to ``highest``, in
    ``rounds`` over all of them. The result is a list of rates as a schedule, called with the number of the update.

    Raises TypeError for a problem that isn't a noisy quadratic. Rates of order 1/t: Robbins and Monro, A stochastic
    approximation method, 1951; the constants follow from the recursion in ``expected_loss``, its derivative set to 0.

    >>> from lrcourse import NoisyQuadratic
    >>> best_schedule(NoisyQuadratic([1.0], noise=1.0), steps=4)(np.arange(4)).round(4)
    array([0.5   , 0.3333, 0.25  , 0.2   ])
    """
    h, variance, start = _quadratic("best_schedule", problem)
    check_all("best_schedule", {"steps": Count, "rounds": Count}, {"steps": steps, "rounds": rounds})
    if not (isinstance(highest, float) and highest == np.inf):
        check_all("best_schedule", {"highest": Positive}, {"highest": highest})
    lr = np.full(steps, min(highest, 1 / h.max()) / 2 if h.any() else 0.0)
    for _ in range(rounds):
        later = np.ones((steps, len(h)))    # how much of E w^2 after update k is left at the end
        later[:-1] = np.cumprod((1 - lr[:0:-1, None] * h) ** 2, axis=0)[::-1]
        square = start
        for k in range(steps):
            weight = h * later[k]
            bend = weight @ (h ** 2 * square + variance)
            if bend > 0:
                lr[k] = min(weight @ (h * square) / bend, highest)
            square = (1 - lr[k] * h) ** 2 * square + lr[k] ** 2 * variance
    return listed(lr)


# ---- a network as a noisy quadratic ------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Fitted:
    """What ``fit`` found: a noisy quadratic that, under plain SGD, loses as a network does, and the ``floor`` below it."""

    floor: float
    problem: NoisyQuadratic
    updates_per_epoch: int

    def predict(self, schedule, epochs):
        """The training loss of each epoch under a schedule in epochs, (epochs,), as ``History.train_loss`` counts it."""
        check_all("predict", {"epochs": Count}, {"epochs": epochs})
        n = self.updates_per_epoch
        if not isinstance(schedule, Schedule):
            raise TypeError(f"schedule={schedule!r} is not allowed in predict: a schedule, such as constant(0.1)")
        loss = expected_loss(self.problem, SGD(), schedule(np.arange(epochs * n) / n), epochs * n)
        return self.floor + loss[:-1].reshape(epochs, n).mean(axis=1)

    def best_schedule(self, epochs, highest=np.inf):
        """The schedule with the smallest predicted loss at the end, as ``best_schedule`` finds it, in epochs."""
        check_all("best_schedule", {"epochs": Count}, {"epochs": epochs})
        found = best_schedule(self.problem, epochs * self.updates_per_epoch, highest)
        return listed(found.parameters["rates"], every=1 / self.updates_per_epoch)


def fit(histories, directions=4):
    r"""Fit a noisy quadratic to the training losses of real runs, to predict what other schedules would give.

    $L_t \approx L_\infty + \sum_i \Big[ a_i \prod_{j < t} (1 - \alpha_j \lambda_i)^2
    + c_i \sum_{j < t} \alpha_j^2 \prod_{j < l < t} (1 - \alpha_l \lambda_i)^2 \Big]$

    with curvatures $\lambda_i$ on a fixed grid: the slowest direction hardly moves in the longest of the runs, the fastest
    goes all its way in one step at their highest rate. More than a few, and the runs can't tell which of them is noisy.
    What is left to find is linear: $L_\infty$, the $a_i$ (where the network starts) and the $c_i$ (its noise), none
    below 0, by least squares on the relative error. First epochs are left out, in which a network is far from any
    quadratic. Momentum and Adam are fitted as plain SGD too, in their own rates; what a rate means to them is then in
    the curvatures.

    ``histories`` is a History or a list of them, of one problem and optimizer; seeds are averaged. One run at a constant
    rate and one that decays to 0 from a higher rate tell travel from noise; the fit knows nothing of rates far above
    those it has seen, and diverges above twice the highest. Raises ValueError where a run diverged, TypeError for what
    isn't a History.

    The form is the functional scaling law of Li et al., Functional scaling laws in kernel regression: loss dynamics and
    learning rate schedules, 2025, with some free curvatures in place of its power laws. Solved by the active sets of
    Lawson and Hanson, Solving least squares problems, 1974, chapter 23.

    >>> from lrcourse import Momentum, constant, cosine_decay, digits, linear_decay, train
    >>> problem = digits(hidden=16, batch_norm=False, weight_decay=0.0, label_noise=0.2)
    >>> runs = [train(problem, Momentum(0.9), schedule, epochs=8, seeds=range(4))
    ...         for schedule in (constant(0.06), linear_decay(0.1, total=8))]
    >>> fit(runs).predict(cosine_decay(0.1, total=8), epochs=8).shape
    (8,)
    """
    given, histories = histories, list(histories) if np.iterable(histories) else [histories]
    check_all("fit", {"directions": Count}, {"directions": directions})
    if not histories or len(set(map(id, histories))) < len(histories):
        raise ValueError(f"histories={given!r} is not allowed in fit: a History, or a list of them, none twice")
    for history in histories:
        if not isinstance(history, History):
            raise TypeError(f"histories: {history!r} is not allowed in fit: a History, or a list of them")
        if history.diverged.any() or history.train_loss.shape[1] < 2:
            raise ValueError(f"histories: {history!r} is not allowed in fit: runs of two epochs or more, none diverged")
    per_epoch = {len(history.t) // history.train_loss.shape[1] for history in histories}
    if len(per_epoch) != 1:
        raise ValueError(f"histories: {sorted(per_epoch)} updates per epoch are not allowed in fit: the same for all")
    n = per_epoch.pop()
    lr = [history.lr.mean(axis=0) for history in histories]
    h = np.geomspace(0.3 / max(rates.sum() for rates in lr), 1 / max(rates.max() for rates in lr), directions)
    start, variance = np.repeat(np.eye(2), directions, axis=1)      # one direction that starts away, one that is noisy
    parts = [np.stack(list(_mean_squares(np.tile(h, 2), variance, start, rates))[:-1]) for rates in lr]
    parts = np.concatenate([part.reshape(-1, n, 2 * directions).mean(axis=1)[1:] for part in parts])
    loss = np.concatenate([history.train_loss.mean(axis=0)[1:] for history in histories])
    columns = np.column_stack([np.ones(len(loss)), parts])
    columns[:, 1:directions + 1][:, columns[:, 1:directions + 1].max(axis=0) < 1e-3] = 0    # home within the first epoch
    floor, *weights = _nonnegative(columns / loss[:, None], np.ones(len(loss)))
    a, c = np.reshape(weights, (2, directions))
    return Fitted(float(floor), NoisyQuadratic(h, np.sqrt(2 * c / h), np.sqrt(2 * a / h)), n)


def _nonnegative(A, y):
    """The x, none below 0, with the smallest |A x - y|; it is 0 for a column of zeros."""
    scale = np.linalg.norm(A, axis=0)
    scale[scale == 0] = np.inf
    A, x, free = A / scale, np.zeros(len(scale)), np.zeros(len(scale), bool)
    while True:
        pull = np.where(free, -np.inf, A.T @ (y - A @ x))
        if pull.max() < 1e-9 * np.linalg.norm(y):
            return x / scale
        free[pull.argmax()] = True
        while True:
            best = np.zeros(len(x))
            best[free] = np.linalg.lstsq(A[:, free], y, rcond=None)[0]
            below = free & (best <= 0)
            if not below.any():
                break
            step = (x[below] / (x[below] - best[below])).min()      # as far as none goes below 0
            x += step * (best - x)
            free &= x > 1e-12
            x[~free] = 0
        x = best


# ---- what is asked of the arguments ----------------------------------------------------------------------------------

def _check_optimizer(owner, optimizer, kinds):
    if not isinstance(optimizer, kinds):
        names = ", ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"optimizer={optimizer!r} is not allowed in {owner}: one of {names}")


def _curvatures(owner, curvature):
    return _numbers(owner, "curvature", curvature)


def _numbers(owner, name, given, above=False):
    """Finite numbers from 0 up, or above 0, as an array."""
    array = as_numbers(given)
    if array is None or not ((array > 0 if above else array >= 0) & (array < np.inf)).all():
        raise (TypeError if array is None else ValueError)(
            f"{name}={given!r} is not allowed in {owner}: finite numbers {'above 0' if above else 'from 0 up'}")
    return array.astype(np.float64)


def _quadratic(owner, problem):
    """The curvatures, the variances of the noise and the squares of the start, (d,) each."""
    if not isinstance(problem, Quadratic):
        raise TypeError(f"problem={problem!r} is not allowed in {owner}: a NoisyQuadratic")
    h = np.array(problem.curvature)
    return h, np.broadcast_to(np.square(problem.noise), h.shape), np.square(problem.start_point)


def _rates(owner, rates, steps):
    """The rates of the updates, (..., steps), of a schedule or an array."""
    check_all(owner, {"steps": Count}, {"steps": steps})
    if isinstance(rates, Schedule):
        return rates(np.arange(steps))
    lr = as_numbers(rates)
    if lr is None or lr.ndim == 0:
        raise TypeError(f"schedule={rates!r} is not allowed in {owner}: a schedule, or an array of rates")
    lr = lr.astype(np.float64)
    if lr.shape[-1:] != (steps,) or not ((lr >= 0) & (lr < np.inf)).all():
        raise ValueError(f"schedule: rates of the shape {lr.shape} are not allowed in {owner}: {steps}, finite, from 0 up")
    return lr


def _bound_inputs(owner, schedule, steps, grad_norms, distance):
    lr = _rates(owner, schedule, steps)
    check_all(owner, {"distance": Range(0.0, 1e150, open_low=True)}, {"distance": distance})
    norms = as_numbers(grad_norms)
    if lr.ndim != 1:
        raise ValueError(f"schedule: rates of the shape {lr.shape} are not allowed in {owner}: {steps} in a row")
    if norms is None or norms.shape not in ((), (steps,)) or not (np.abs(norms) < 1e150).all():     # their squares are finite
        raise (TypeError if norms is None else ValueError)(
            f"grad_norms={grad_norms!r} is not allowed in {owner}: one number, or {steps} beside {steps} rates, finite")
    return lr, np.broadcast_to(np.square(norms.astype(np.float64)), (steps,))
