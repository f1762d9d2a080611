"""Problems: gradients against finite differences, statistics against brute force, runs that don't know of each other."""

import math
import itertools
from importlib import resources

import numpy as np
import pytest

from lrcourse.problems import TRAIN, NoisyQuadratic, digits, ravine, saddle, two_minima

SURFACES = [ravine(), ravine(curvature=(0.5, 3)), NoisyQuadratic([1.0, 4.0, 0.0], noise=[0.1, 0.2, 0.3]), saddle(),
            two_minima(), ravine(angle=30)]
NETWORKS = [digits(hidden=7, batch_norm=batch_norm, label_noise=noise, batch_size=9, shift=shift, weight_decay=0.03,
                   dtype="float64")
            for batch_norm, noise, shift in itertools.product([True, False], [0.0, 0.4], [0, 1])]


def central_difference(f, w, h=1e-6):
    """df/dw_i of a function of the last axis, in a new last axis."""
    steps = h * np.eye(w.shape[-1])
    return np.stack([(f(w + step) - f(w - step)) / (2 * h) for step in steps], axis=-1)


def points(problem, count=40):
    d = len(problem.start_point)
    return np.random.default_rng(0).uniform(-2, 2, (count, d))


def a_batch(problem, seeds):
    return next(problem.batches([np.random.default_rng([seed, 1]) for seed in seeds]))


# ---- surfaces --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("problem", SURFACES, ids=repr)
def test_gradient_is_the_slope_of_the_value(problem):
    w = points(problem)
    np.testing.assert_allclose(problem.gradient(w), central_difference(problem.value, w), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("problem", SURFACES, ids=repr)
def test_hessian_is_the_slope_of_the_gradient(problem):
    w = points(problem)
    np.testing.assert_allclose(problem.hessian(w), central_difference(problem.gradient, w), rtol=1e-6, atol=1e-7)
    assert problem.hessian(w[0]).shape == (w.shape[1], w.shape[1])


@pytest.mark.parametrize("problem", SURFACES, ids=repr)
def test_any_leading_axes(problem):
    w = points(problem, 6)
    stacked = w.reshape(2, 3, -1)
    for f in (problem.value, problem.gradient, problem.hessian):
        np.testing.assert_array_equal(f(stacked).reshape(6, *f(w).shape[1:]), f(w))


def test_where_the_minima_are():
    w = np.array([[0.0, 1.0], [0.0, -1.0]])
    assert saddle().value(w).tolist() == [-0.25, -0.25] and not saddle().gradient(w).any()
    hessian = two_minima().hessian([[1.17, 0.0], [-0.99, 0.0]])
    wide, narrow = np.linalg.eigvalsh(hessian).max(axis=-1)
    assert 6 < narrow / wide < 10, "about eight times, says the docstring"


def test_a_ravine_that_is_turned_keeps_its_shape():
    plain, askew = ravine(), ravine(angle=30)
    np.testing.assert_allclose(np.linalg.eigvalsh(askew.hessian(np.zeros(2))), plain.curvature)
    np.testing.assert_allclose(askew.start([0, 1]), np.tile([-1.9 * 0.75 ** 0.5 - 0.5, -1.9 / 2 + 0.75 ** 0.5], (2, 1)))
    np.testing.assert_allclose(askew.value(askew.start([0])), plain.value(plain.start([0])))
    with pytest.raises(ValueError, match="angle=200 is not allowed in ravine: a number from -180 to 180"):
        ravine(angle=200)


def test_noise_has_the_stated_deviation_and_no_mean():
    problem = NoisyQuadratic([1.0, 1.0], noise=[0.5, 2.0])
    w = np.ones((20000, 2))
    batch = np.random.default_rng(0).normal(size=w.shape)
    _, _, grad = problem.loss_and_gradient(w, batch)
    np.testing.assert_allclose(grad.std(axis=0), [0.5, 2.0], rtol=0.02)
    np.testing.assert_allclose(grad.mean(axis=0), problem.gradient(w[0]), atol=0.05)
    assert np.array_equal(ravine().loss_and_gradient(w, batch)[2], ravine().gradient(w)), "no noise unless asked for"


def test_one_number_stands_for_all_dimensions():
    assert NoisyQuadratic([1.0, 2.0], noise=0.3) == NoisyQuadratic([1.0, 2.0], noise=[0.3, 0.3], start_point=[1, 1])


# ---- digits ----------------------------------------------------------------------------------------------------------

def objective(problem, batch):
    """What is descended: the loss that is reported and the penalty that isn't, (runs,)."""
    return lambda w: problem.loss_and_gradient(w, batch)[0] + problem.penalty(w)


@pytest.mark.parametrize("problem", NETWORKS, ids=repr)
def test_network_gradient_is_the_slope_of_the_objective(problem):
    seeds = [0, 1]
    w = problem.start(seeds)
    w += np.random.default_rng(2).normal(0, 0.05, w.shape)      # off the start, where biases are 0 and scales are 1
    batch = a_batch(problem, seeds)
    expected = np.empty_like(w)
    f = objective(problem, batch)
    for i in range(w.shape[1]):
        step = np.zeros(w.shape[1])
        step[i] = 1e-6
        expected[:, i] = (f(w + step) - f(w - step)) / 2e-6
    np.testing.assert_allclose(problem.gradient(w, batch), expected, rtol=2e-5, atol=1e-7)


def test_decay_is_on_weights_only():
    strong, none = (digits(hidden=5, weight_decay=decay, dtype="float64") for decay in (2.0, 0.0))
    w = strong.start([0]) + 0.1
    batch = a_batch(strong, [0])
    pull = strong.parameters(strong.gradient(w, batch) - none.gradient(w, batch))
    parts = strong.parameters(w)
    for name in ("W1", "W2"):
        np.testing.assert_allclose(pull[name], 2 * parts[name], rtol=1e-9, atol=1e-12)
    assert not any(pull[name].any() for name in ("scale", "b1", "b2"))
    assert strong.penalty(w) == pytest.approx(np.square(parts["W1"]).sum() + np.square(parts["W2"]).sum())


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_batch_norm_is_tested_with_the_exact_statistics(shift):
    """The whole training set as one batch must give what evaluate() computes from moments."""
    problem = digits(hidden=6, shift=shift, dtype="float64")
    w = problem.start([0, 1])
    w += 0.1 * np.random.default_rng(0).standard_normal(w.shape)        # biases that are no constant, which a softmax would not see
    p = problem.parameters(w)
    a = problem.images @ p["W1"]
    mean, variance = a.mean(axis=1, keepdims=True), a.var(axis=1, keepdims=True)
    z = p["scale"][:, None] * (problem.test_images @ p["W1"] - mean) / np.sqrt(variance + 1e-5) + p["b1"][:, None]
    logits = np.maximum(z, 0) @ p["W2"].swapaxes(1, 2) + p["b2"][:, None]
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    y = problem.test_labels
    loss, error = problem.evaluate(w)
    np.testing.assert_allclose(loss, -log_p[:, np.arange(len(y)), y].mean(axis=1), rtol=1e-10)
    np.testing.assert_array_equal(error, (logits.argmax(axis=-1) != y).mean(axis=1))


def test_without_batch_norm_loss_and_evaluation_agree():
    """Both against one image after the other."""
    problem = digits(hidden=6, batch_norm=False, shift=0, batch_size=TRAIN, dtype="float64")
    w = problem.start([3])
    w += 0.1 * np.random.default_rng(0).standard_normal(w.shape)
    p = problem.parameters(w[0])

    def by_hand(images, labels):
        logits = [p["W2"] @ np.maximum(x @ p["W1"] + p["b1"], 0) + p["b2"] for x in images]
        return (-np.mean([each[y] - np.log(np.exp(each).sum()) for each, y in zip(logits, labels)]),
                np.mean([each.argmax() != y for each, y in zip(logits, labels)]))

    assert np.ravel(problem.loss_and_gradient(w, a_batch(problem, [3]))[:2]) == pytest.approx(by_hand(problem.images, problem.labels))
    assert np.ravel(problem.evaluate(w)) == pytest.approx(by_hand(problem.test_images, problem.test_labels))


def test_what_a_seed_gives_does_not_depend_on_the_others():
    problem = digits(hidden=4)
    alone, among = problem.start([5]), problem.start([1, 5, 9])
    np.testing.assert_array_equal(alone[0], among[1])
    assert not np.array_equal(among[0], among[1])
    np.testing.assert_array_equal(a_batch(problem, [5])[0], a_batch(problem, [1, 5, 9])[1])


def test_an_epoch_shows_no_image_twice_and_all_shifts():
    problem = digits(batch_size=32)
    rows = np.stack(list(problem.batches([np.random.default_rng(0)])))
    assert rows.shape == (problem.updates_per_epoch, 1, 32)
    assert len(np.unique(rows % TRAIN)) == rows.size
    assert set(np.unique(rows // TRAIN)) == set(range(9)) and rows.max() < len(problem.images)


def test_shifted_images_are_the_image_moved():
    plain, shifted = digits(shift=0, dtype="float64").images, digits(shift=1, dtype="float64").images
    assert shifted.shape == (9 * TRAIN, 64)
    np.testing.assert_array_equal(shifted[4 * TRAIN:5 * TRAIN], plain)      # the middle one of 3 x 3 moves
    picture, up_left = plain[0].reshape(8, 8), shifted[8 * TRAIN].reshape(8, 8)
    np.testing.assert_array_equal(up_left[:-1, :-1], picture[1:, 1:])


def test_images_are_standardised():
    images = digits(shift=0, dtype="float64").images
    assert images.mean() == pytest.approx(0, abs=1e-12) and images.std() == pytest.approx(1)


def test_label_noise_redraws_that_fraction():
    clean, noisy = digits().labels, digits(label_noise=0.3).labels
    assert np.mean(clean != noisy) == pytest.approx(0.3 * 0.9, abs=0.04)    # one in ten is drawn as it was
    np.testing.assert_array_equal(digits().test_labels, digits(label_noise=0.3).test_labels)


def test_halves_of_the_held_out_are_disjoint_and_complete():
    whole, validation, test = (digits(held_out=part) for part in ("all", "validation", "test"))
    assert len(validation.test_images) == 398 and len(test.test_images) == 399
    np.testing.assert_array_equal(np.concatenate([validation.test_images, test.test_images]), whole.test_images)
    np.testing.assert_array_equal(np.concatenate([validation.test_labels, test.test_labels]), whole.test_labels)
    assert not {x.tobytes() for x in validation.test_images} & {x.tobytes() for x in test.test_images}
    assert not {x.tobytes() for x in whole.test_images} & {x.tobytes() for x in digits(shift=0).images}


def test_parameters_are_views_of_all_of_w():
    for problem in (digits(hidden=3), digits(hidden=3, batch_norm=False)):
        w = problem.start([0, 1])
        for part in problem.parameters(w).values():
            part[:] = 7
        assert (w == 7).all()


def test_shipped_data_is_small():
    with resources.as_file(resources.files("lrcourse").joinpath("data")) as folder:
        assert sum(file.stat().st_size for file in folder.iterdir()) < 250_000


@pytest.mark.parametrize("factory, name, value, allowed", [
    (digits, "hidden", 0, "a whole number from 1 up"),
    (digits, "hidden", 12.5, "a whole number from 1 up"),
    (digits, "batch_norm", "yes", "one of True, False"),
    (digits, "weight_decay", -1e-3, "a number from 0 up"),
    (digits, "batch_size", 1001, "a whole number from 1 to 1000"),
    (digits, "shift", 4, "a whole number from 0 to 3"),
    (digits, "label_noise", 1.5, "a number from 0 to 1"),
    (digits, "held_out", "train", "one of 'all', 'validation', 'test'"),
    (digits, "dtype", "float16", "one of 'float32', 'float64'"),
    (ravine, "curvature", (1, -20), "a list of 2 numbers, each from 0 up"),
    (ravine, "start_point", (1, 2, 3), "a list of 2 numbers"),
    (ravine, "noise", -1.0, "a number from 0 up"),
    (saddle, "start_point", (1, np.inf), "a list of 2 numbers"),
    (saddle, "noise", float("nan"), "a number from 0 up"),
    (two_minima, "noise", True, "a number from 0 up"),
    (two_minima, "start_point", "ab", "a list of 2 numbers"),
    (NoisyQuadratic, "curvature", [], "a list of numbers, each from 0 up"),
    (NoisyQuadratic, "curvature", "12", "a list of numbers, each from 0 up"),
    (ravine, "curvature", ["1", "20"], "a list of 2 numbers, each from 0 up"),
    (ravine, "start_point", 3, "a list of 2 numbers"),
    (ravine, "start_point", [[1, 2]], "a list of 2 numbers"),
    (ravine, "start_point", (-math.inf, 1), "a list of 2 numbers"),
    (ravine, "start_point", (True, False), "a list of 2 numbers"),
    (digits, "batch_norm", np.ones(2), "one of True, False"),
    (digits, "held_out", ["all"], "one of 'all', 'validation', 'test'"),
])
def test_bad_input_is_refused_by_name(factory, name, value, allowed):
    with pytest.raises((ValueError, TypeError)) as caught:
        factory(**{name: value})
    message = str(caught.value)
    assert message == f"{name}={value!r} is not allowed in {factory.__name__}: {allowed}"


@pytest.mark.parametrize("name, value", [("noise", -1.0), ("noise", [1.0]), ("start_point", [1.0, np.inf])])
def test_bad_input_of_the_noisy_quadratic(name, value):
    with pytest.raises(ValueError) as caught:
        NoisyQuadratic([1.0, 2.0], **{name: value})
    assert f"{name}={value!r} is not allowed in NoisyQuadratic: a number, or a list of 2 numbers" in str(caught.value)


def test_batch_norm_of_a_single_image_is_refused():
    with pytest.raises(ValueError, match="batch_size=1 is not allowed in digits with batch_norm: a whole number from 2 to 1000"):
        digits(batch_size=1)
    assert digits(batch_size=1, batch_norm=False).updates_per_epoch == 1000 and digits(batch_size=2).updates_per_epoch == 500


def test_what_all_problems_share_cannot_be_changed():
    problem = digits()
    for shared in (problem.images, problem.labels, problem.test_images, problem.test_labels, digits(held_out="test").test_images):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 0


@pytest.mark.parametrize("scale", [1e-4, 1e-3, 1.0])
def test_batch_norm_adds_a_hundred_thousandth_to_the_variance(scale):
    """With weights so small that it matters: the loss of a batch, and of the held-out images, written out once more."""
    problem = digits(hidden=3, batch_size=10, shift=0, weight_decay=0.0, dtype="float64")
    w = problem.start([0])
    p = problem.parameters(w)
    p["W1"] *= scale
    batch = np.arange(10)[None]

    def loss(images, labels, mean, variance):
        normal = (images @ p["W1"][0] - mean) / np.sqrt(variance + 1e-5)
        logits = np.maximum(p["scale"][0] * normal + p["b1"][0], 0) @ p["W2"][0].T + p["b2"][0]
        return (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]).mean()

    a = problem.images[:10] @ p["W1"][0]
    assert problem.loss_and_gradient(w, batch)[0][0] == pytest.approx(loss(problem.images[:10], problem.labels[:10], a.mean(0),
        a.var(0)), rel=1e-9)
    a = problem.images @ p["W1"][0]
    assert problem.evaluate(w)[0][0] == pytest.approx(loss(problem.test_images, problem.test_labels, a.mean(0), a.var(0)), rel=1e-6)


@pytest.mark.parametrize("problem", [digits(), ravine(), saddle(), two_minima(), NoisyQuadratic([1.0])], ids=lambda p: type(p).__name__)
def test_a_problem_is_a_value(problem):
    assert hash(problem) == hash(type(problem)(**{name: getattr(problem, name) for name in problem.__dataclass_fields__}))
    for name in problem.__dataclass_fields__:
        with pytest.raises(AttributeError):
            setattr(problem, name, 1)


def test_where_runs_begin():
    starts = {ravine: [-1.9, 1.0], saddle: [-1.5, 0.01], two_minima: [-1.7, 0.6]}
    for kind, start in starts.items():
        assert kind().start([0, 1]).tolist() == [start, start] and kind().noise == 0
    assert NoisyQuadratic([1.0, 2.0]).start([3]).tolist() == [[1.0, 1.0]] and NoisyQuadratic([1.0, 2.0]).noise == (1.0, 1.0)
    assert (digits().hidden, digits().batch_norm, digits().weight_decay, digits().batch_size, digits().shift) == (128, True, 1e-2, 32, 1)


def test_surfaces_by_hand():
    w = [[1.0, 2.0], [3.0, -1.0]]
    assert saddle().value(w).tolist() == [0.5 - 2.0 + 4.0, 4.5 - 0.5 + 0.25] and saddle().gradient(w).tolist() == [[1.0, 6.0], [3.0, 0.0]]
    assert saddle().hessian(w).tolist() == [[[1.0, 0.0], [0.0, 11.0]], [[1.0, 0.0], [0.0, 2.0]]]
    assert ravine().value(w).tolist() == [40.5, 14.5] and ravine().gradient(w).tolist() == [[1.0, 40.0], [3.0, -20.0]]
    assert ravine().hessian(w).tolist() == [[[1.0, 0.0], [0.0, 20.0]]] * 2
    far = 1 / 20 * (1.2 ** 2 + 1) - math.exp(-1 / (2 * 0.8 ** 2)) - 0.8 * math.exp(-(2.2 ** 2 + 1) / (2 * 0.25 ** 2))
    near = 1 / 20 * 1.25 ** 2 - math.exp(-2.45 ** 2 / (2 * 0.8 ** 2)) - 0.8 * math.exp(-0.5)
    assert two_minima().value([[1.2, 1.0], [-1.25, 0.0]]).tolist() == pytest.approx([far, near], rel=1e-12)


def test_a_turn_is_counterclockwise():
    askew = ravine(angle=90, start_point=(1.0, 2.0))
    assert askew.start([0])[0] == pytest.approx([-2.0, 1.0]) and askew.value([2.0, 1.0]) == pytest.approx(0.5 * (1 + 20 * 4))
    assert askew.hessian([0.0, 0.0]) == pytest.approx(np.array([[20.0, 0.0], [0.0, 1.0]]))
    assert (ravine().angle, ravine().curvature) == (0.0, (1.0, 20.0)) and ravine(angle=-180) and ravine(angle=180)
    assert ravine().value([math.inf, 0.0]) == math.inf
    with pytest.raises(ValueError, match="angle=-180.5"):
        ravine(angle=-180.5)


def test_what_a_surface_tells_the_training():
    problem = NoisyQuadratic([1.0, 4.0], noise=[0.5, 2.0])
    assert problem.updates_per_epoch == 1 and problem.keeps_path is True and digits().keeps_path is False
    w, batch = np.array([[1.0, 1.0]]), np.array([[2.0, -1.0]])
    loss, error, grad = problem.loss_and_gradient(w, batch)
    assert loss.tolist() == [2.5] and np.isnan(error).tolist() == [True] and grad.tolist() == [[2.0, 2.0]]
    loss, error = problem.evaluate(w)
    assert loss.tolist() == [2.5] and np.isnan(error).tolist() == [True]
    generators = lambda: [np.random.default_rng([seed, 1]) for seed in (0, 1)]
    drawn = list(problem.batches(generators(), epochs=3))
    assert np.array_equal(np.stack(drawn, axis=1), [g.normal(size=(3, 2)) for g in generators()])
    assert len(list(problem.batches(generators()))) == 1


def test_where_digits_begin():
    """The first weights, drawn once more: W1, then W2, from (seed, 0); biases 0, scales 1."""
    problem = digits(hidden=5, dtype="float64")
    p, g = problem.parameters(problem.start([7])), np.random.default_rng([7, 0])
    assert np.array_equal(p["W1"][0], g.normal(0, math.sqrt(2 / 64), (64, 5)))
    assert np.array_equal(p["W2"][0], g.normal(0, math.sqrt(2 / 5), (10, 5)))
    assert (p["scale"] == 1).all() and not p["b1"].any() and not p["b2"].any() and problem.start([7]).dtype == np.float64
    assert digits(hidden=5).start([7]).dtype == np.float32 and list(digits(batch_norm=False).shapes) == ["W1", "b1", "W2", "b2"]


def test_the_rows_of_a_batch():
    problem, g = digits(batch_size=300, shift=1), np.random.default_rng(3)
    rows = g.permutation(1000)[:900] + 1000 * g.integers(9, size=900)
    assert np.array_equal(np.concatenate([batch[0] for batch in problem.batches([np.random.default_rng(3)])]), rows)


def test_the_data_of_digits():
    with resources.files("lrcourse").joinpath("data/digits.npz").open("rb") as file, np.load(file) as data:
        order = np.random.default_rng(1234).permutation(1797)
        pixels, labels = data["pixels"][order].astype(float), data["labels"][order]
    mean, deviation = pixels[:1000].mean(), pixels[:1000].std()
    problem = digits(shift=2, dtype="float64")
    assert np.array_equal(problem.test_images, (pixels[1000:] - mean) / deviation) and np.array_equal(problem.test_labels, labels[1000:])
    padded = np.pad(pixels[:1000].reshape(-1, 8, 8), [(0, 0), (2, 2), (2, 2)])
    for copy, (down, right) in enumerate(itertools.product(range(5), range(5))):
        moved = (padded[:, down:down + 8, right:right + 8].reshape(-1, 64) - mean) / deviation
        assert np.array_equal(problem.images[1000 * copy:1000 * (copy + 1)], moved)
    g = np.random.default_rng([1234, 1])
    drawn = g.random(1000) < 0.25
    noisy = labels[:1000].copy()
    noisy[drawn] = g.integers(10, size=drawn.sum())
    assert np.array_equal(digits(label_noise=0.25).labels, noisy) and np.array_equal(digits().labels, labels[:1000])
    assert (digits().label_noise, digits().held_out, digits().dtype) == (0.0, "all", "float32") and len(digits().test_labels) == 797


def test_the_loss_of_digits_counts_errors():
    problem = digits(hidden=4, batch_norm=False, shift=0, batch_size=50, weight_decay=0.5, dtype="float64")
    w = problem.start([0, 1]) * 3
    batch = np.stack([np.arange(50), np.arange(50, 100)])
    p = problem.parameters(w)
    logits = np.maximum(problem.images[batch] @ p["W1"] + p["b1"][:, None], 0) @ p["W2"].swapaxes(1, 2) + p["b2"][:, None]
    loss, error, _ = problem.loss_and_gradient(w, batch)
    y = problem.labels[batch]
    assert error.tolist() == (logits.argmax(-1) != y).mean(axis=1).tolist() and (0 < error).all()
    exact = np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, y[..., None], -1)[..., 0]
    assert loss == pytest.approx(exact.mean(axis=1), rel=1e-12)
    assert np.array_equal(problem.gradient(w, batch), problem.loss_and_gradient(w, batch)[2])
    assert problem.penalty(w) == pytest.approx(0.25 * ((p["W1"] ** 2).sum((1, 2)) + (p["W2"] ** 2).sum((1, 2))))
    large = problem.loss_and_gradient(1e3 * w, batch)       # logits of thousands don't overflow
    assert np.isfinite(large[0]).all() and np.isfinite(large[2]).all()


@pytest.mark.parametrize("settings", [
    dict(hidden=1), dict(batch_size=1000), dict(shift=3), dict(shift=0), dict(label_noise=1), dict(weight_decay=0)])
def test_the_ends_of_what_is_allowed(settings):
    assert digits(**settings).updates_per_epoch == (1 if "batch_size" in settings else 31)


def test_a_unit_at_exactly_zero_passes_no_gradient_on():
    problem = digits(hidden=3, batch_norm=False, weight_decay=0.0, dtype="float64")
    w = problem.start([0])
    problem.parameters(w)["W1"][:] = 0
    g = problem.parameters(problem.gradient(w, a_batch(problem, [0])))
    assert not g["W1"].any() and not g["b1"].any() and not g["W2"].any() and g["b2"].all()


def test_a_label_is_drawn_anew_below_the_noise_and_not_at_it():
    g = np.random.default_rng([1234, 1])
    u = g.random(1000)
    noise, expected = float(np.sort(u)[300]), digits().labels.copy()
    expected[u < noise] = g.integers(10, size=300)
    assert np.array_equal(digits(label_noise=noise).labels, expected)
