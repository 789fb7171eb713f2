"""Every mistake, a wrong answer worked out by hand, and the diagnosis that it gets.

    uv run --group test python tests/tools/diagnoses.py

The answers are typed as a learner types them, and the functions are written as a learner writes
them: by counting and walking, never by the formulas of `course.mistakes`. The exit code is 1 if a
diagnosis is wrong.
"""

import sys

from tool import print_anywhere

from course import questions
from course.mistakes import MISTAKES

SIZE = questions.output_size
CONV = {"n": 28, "kernel_size": 3, "strides": 2, "channels": 4, "filters": 32}
# one row of two pixels, in two channels
PATCH = questions.one_number([[[2, 1], [3, 4]]], [[[1, 2], [-1, 1]]], bias=3)
BLANK = questions.outputs([1] * 5, [1, 0, -1], "same")
SUMS = range(1, 7), [1, 1, 1]
STACK = [{"kernel_size": 3, "strides": s, "padding": "same"} for s in (2, 2, 1)]
DILATED = [{"kernel_size": 3, "padding": "same", "dilation_rate": d} for d in (2, 1)]
THREE_STRIDES = [{"kernel_size": 3, "strides": 2}] * 3

# (mistake, question, answer)
TYPED = [
    # 28 pixels, k = 3, s = 2: (28 − 3) / 2 + 1 = 13.5
    ("no_floor", SIZE(28, 3, 2), "13.5"),
    ("ignored_stride", SIZE(28, 3, 2), "26"),
    ("uneven_is_an_error", SIZE(28, 3, 2), "an error"),
    ("size_stays", SIZE(28, 3, 2), "28"),
    ("forgot_plus_one", SIZE(28, 3), "25"),
    # 34 pixels, k = 13, s = 4: 21 / 4 = 5.25 steps
    ("ceil_for_valid", SIZE(34, 13, 4), "7"),
    ("ignored_kernel", SIZE(34, 13, 4), "8"),
    ("same_means_same_size", SIZE(28, 3, 2, "same"), "28"),
    ("other_padding", SIZE(28, 5, 1, "same"), "24"),
    # one zero before and one after: 34 pixels for a window of 2
    ("half_a_kernel_on_each_side", SIZE(32, 2, 1, "same"), "33"),
    ("padding_once", SIZE(20, 7, 1, 2), "16"),
    ("forgot_padding", SIZE(20, 7, 1, 2), "14"),
    # 40 pixels, k = 5, s = 2: places 0, 3, …, 33 and 0, 5, …, 35
    ("stride_is_a_gap", SIZE(40, 5, 2), "12"),
    ("windows_never_overlap", SIZE(40, 5, 2), "8"),
    ("ignored_dilation", SIZE(20, 3, 1, "valid", 3), "18"),
    # k = 4: with d = 2 and two holes between neighbours it spans 10; with d = 3, 12 "is" 3·4
    ("dilation_adds_d_holes", SIZE(20, 4, 1, "valid", 2), "11"),
    ("dilation_scales_kernel", SIZE(20, 4, 1, "valid", 3), "9"),
    ("symmetric_same", questions.same_pads(28, 4), "2 | 2"),
    ("pads_swapped", questions.same_pads(28, 3, 2), "1 | 0"),
    ("pads_ignore_stride", questions.same_pads(28, 6, 2), "2 | 3"),
    ("total_on_each_side", questions.same_pads(28, 5), "4, 4"),
    ("other_padding", questions.same_pads(28, 5), "0, 0"),
    ("read_equally", questions.usage(7, 3), "3 3 3 3 3 3 3"),
    ("windows_never_overlap", questions.usage(7, 3), "1 1 1 1 1 1 1"),
    ("stride_skips_pixels", questions.usage(7, 3, 2), "1 0 1 0 1 0 0"),
    ("stride_skips_pixels", questions.usage(7, 3, 2), "1 0 1 0 1 0 1"),
    ("ignored_stride", questions.usage(7, 3, 2), "1 2 3 3 3 2 1"),
    ("other_padding", questions.usage(7, 3), "2 3 3 3 3 3 2"),
    ("symmetric_same", questions.usage(6, 4, 1, "same"), "3 4 4 4 4 3"),
    ("pads_swapped", questions.usage(5, 2, 1, "same"), "2 2 2 2 1"),
    # PyTorch: windows begin at −1, 1, 3, 5; Keras: at 0, 2, 4, 6
    ("number_is_same", questions.usage(8, 3, 2, 1), "1 1 2 1 2 1 2 1"),
    ("everything_is_read", questions.unread(15, 2, 3), "none"),
    ("counted_from_one", questions.unread(28, 3, 2), "28"),
    ("lists_what_is_read", questions.unread(7, 1, 3), "0 3 6"),
    ("left_over_at_the_start", questions.unread(28, 3, 2), "0"),
    ("stride_skips_pixels", questions.unread(6, 3, 2), "{1, 3, 4, 5}"),
    ("stride_skips_pixels", questions.unread(6, 3, 2), "{1, 3, 5}"),
    # Windows begin at 0, 2, 4 and 6; the second pixel read by a dilated one is 2 (or 3) on.
    ("ignored_dilation", questions.unread(9, 2, 2, 0, 2), "8"),
    ("dilation_adds_d_holes", questions.unread(9, 2, 2, 0, 2), "1, 6, 8"),
    ("other_padding", questions.which_padding(28, 3, 2, 14), "valid"),
    # red: 2·1 + 3·(−1) = −1, green: 1·2 + 4·1 = 6, bias 3
    ("forgot_bias", PATCH, "5"),
    ("reads_one_channel", PATCH, "2"),
    ("reads_one_channel", PATCH, "9"),
    ("one_number_per_channel", PATCH, "2, 9"),
    ("one_number_per_channel", PATCH, "-1 and 6"),
    ("averages_channels", PATCH, "5.5"),
    ("bias_for_each_channel", PATCH, "11"),
    # 28, 26, …, 4, 2: the window of 3 fits 13 times; 28 / 3 = 9.33 and 28 / 2 = 14
    ("layer_takes_a_kernel", questions.depth(28, 3), "9"),
    ("down_to_nothing", questions.depth(28, 3), "14"),
    ("kernel_is_turned", questions.outputs([[2, 1, 0, 3]], [[1, 0, -1]]), "-2 2"),
    ("kernel_is_turned", questions.outputs([[0, 0, 1, 0, 0]], [[1, 2, 3]]), "1 2 3"),
    ("mirrors_mixed_up", questions.padded(), "2 1 | 1 2 3 4 5 | 5 4"),
    ("mirrors_mixed_up", questions.padded(padding="symmetric"), "3 2 | 1 2 3 4 5 | 4 3"),
    ("outside_in_its_order", questions.padded(), "2 3 | 1 2 3 4 5 | 3 4"),
    ("outside_in_its_order", questions.padded(padding="circular"), "1 2 | 1 2 3 4 5 | 4 5"),
    ("outside_is_zero", questions.padded(), "0 0 1 2 3 4 5 0 0"),
    ("repeats_the_edge", questions.padded(), "1 1 1 2 3 4 5 5 5"),
    ("goes_round", questions.padded(), "4 5 1 2 3 4 5 1 2"),
    # a blank page and an edge detector
    ("outside_is_more_of_the_edge", BLANK, "0 0 0 0 0"),
    ("kernel_is_turned", BLANK, "1 0 0 0 −1"),
    ("other_padding", questions.outputs(*SUMS, "same"), "6 9 12 15"),
    ("causal_looks_ahead", questions.outputs(*SUMS, "causal"), "3 6 9 12 15 11"),
    ("causal_looks_ahead", questions.outputs(*SUMS, "causal"), "6 9 12 15 11 6"),
    ("forgot_padding", questions.outputs(*SUMS, "causal"), "6 9 12 15"),
    # a dot: only circular reads it alike everywhere; a blank page: only zeros differ from it
    ("only_zeros_tell", questions.tells("dot"), "0 1 0 0"),
    ("convolution_is_blind", questions.tells("dot"), "0 0 0 0"),
    ("every_edge_tells", questions.tells("blank"), "1 1 1 1"),
    ("all_padding_tells", questions.tells("blank"), "0 1 1 1"),
    ("blank_page_with_a_dot", questions.tells("blank"), "1 1 1 0"),
    # 3 1 0 2 4 0 moved by one: 0 3 1 0 2 4, of which 0 1 2 are kept; blurred .75 .75 …
    ("shifts_are_never_noticed", questions.kept((3, 1, 0, 2, 4, 0)), "3 0 4"),
    ("moved_after_the_stride", questions.kept((3, 1, 0, 2, 4, 0)), "4 3 0"),
    ("blurred_after_the_stride", questions.kept((3, 1, 0, 2, 4, 0), blur=True), ".75 1 1.25"),
    ("shifts_are_never_noticed", questions.survives(), "1 1 1 1"),
    ("one_stride_counts", questions.survives(), "0 1 0 1"),
    ("strides_add_up", questions.survives((2, 2, 1), (1, 2, 4, 5)), "0 0 0 1"),
    ("every_shift_is_noticed", questions.survives((2, 2, 1), (1, 2, 4, 5)), "0 0 0 0"),
    # means .90 and .91, spreads .02 and .01; the best run is one with valid
    ("higher_mean_wins", questions.better([0.88, 0.92, 0.93, 0.87], [0.9, 0.92, 0.91]), "same"),
    ("best_run_wins", questions.better([0.88, 0.92, 0.93, 0.87], [0.9, 0.92, 0.91]), "valid"),
    ("runs_prove_nothing", questions.better([0.8, 0.82], [0.9, 0.92]), "unclear"),
    # 28 → 13 → 6 → 2: the last map sees 23 pixels, the first one 27
    ("flatten_sees_everything", questions.unseen(THREE_STRIDES), "0 0 0"),
    ("first_layer_decides", questions.unseen(THREE_STRIDES), "0 0 1"),
    ("lost_on_both_sides", questions.unseen(THREE_STRIDES), "2 0 3"),
    # 28 pixels, k = 3: one pixel further in from each side, 14 times
    ("spreads_from_one_side", questions.spread(28, 3), "28"),
    ("last_clean_layer", questions.spread(28, 3), "13"),
    ("spreads_by_a_whole_kernel", questions.spread(28, 3), "10"),
    # one filter: 3·3·4 = 36 weights and a bias; 32 filters: 1,152 and 32
    ("forgot_bias", questions.params(**CONV), "1,152"),
    ("forgot_channels", questions.params(**CONV), "320"),
    ("forgot_filters", questions.params(**CONV), "37"),
    ("forgot_second_axis", questions.params(**CONV), "416"),
    ("one_bias", questions.params(**CONV), "1153"),
    ("stride_changes_parameters", questions.params(**CONV), "296"),
    ("weights_at_each_place", questions.params(**CONV), "200096"),
    # one row and one column of zeros: 28 + 28 + 1 of them, in 4 channels
    ("padding_adds_parameters", questions.params(**CONV, padding="same"), "1412"),
    # 13·13 places, 1,152 products at each
    ("macs_at_input_size", questions.macs(**CONV), "903168"),
    ("ignored_stride", questions.macs(**CONV), "778752"),
    ("forgot_channels", questions.macs(**CONV), "48672"),
    ("forgot_filters", questions.macs(**CONV), "6084"),
    ("forgot_second_axis", questions.macs(**CONV), "64896"),
    ("macs_at_one_place", questions.macs(**CONV), "1152"),
    ("bias_is_a_mac", questions.macs(**CONV), "200096"),
    ("macs_are_parameters", questions.macs(**CONV), "1184"),
    ("products_and_sums", questions.macs(**CONV), "389376"),
    ("products_and_sums", questions.macs(**CONV), "394784"),
    ("other_padding", questions.macs(**CONV), "225792"),
    ("kept_channels", questions.output_shape({"filters": 8}, (28, 20, 3)), "26×18×3"),
    ("channels_times_filters", questions.output_shape({"filters": 8}, (28, 20, 3)), "26×18×24"),
    ("axes_swapped", questions.output_shape({"filters": 8}, (28, 20, 3)), "(None, 18, 26, 8)"),
    (
        "same_means_same_size",
        questions.model_shapes(
            [{"filters": 4, "strides": 2, "padding": "same"}, {"filters": 8}], (28, 28, 1)
        ),
        "28×28×4 → 26×26×8",
    ),
    # three layers with k = 3 and strides 2, 2, 1: 1 + 2·1 + 2·2 + 2·4
    ("adds_kernel_sizes", questions.receptive_field(STACK), "9"),
    ("ignores_earlier_strides", questions.receptive_field(STACK), "7"),
    ("counts_own_stride", questions.receptive_field(STACK), "21"),
    ("last_window_only", questions.receptive_field(STACK), "3"),
    ("multiplies_kernel_sizes", questions.receptive_field(STACK), "27"),
    # strides 1, 1, 2: 1 + 2 + 2 + 2, and 1 + 2 + 4 + 4 if the stride came first
    ("counts_own_stride", questions.receptive_field(STACK[::-1][:1] * 2 + STACK[:1]), "11"),
    ("field_starts_at_zero", questions.receptive_field(STACK), "14"),
    # 5 and 3 pixels wide: together 7
    ("ignored_dilation", questions.receptive_field(DILATED), "5"),
    ("dilation_adds_d_holes", questions.receptive_field(DILATED), "9"),
    # 28 → 13 → 27
    ("transposed_inverts_size", questions.transposed_size(28, 3, 2), "28"),
    ("transposed_shrinks", questions.transposed_size(28, 3, 2), "6"),
    ("ignored_stride", questions.transposed_size(28, 3, 2), "15"),
    ("stamps_cut_or_not", questions.transposed_size(28, 3, 2), "26"),
    ("stamps_cut_or_not", questions.transposed_size(10, 3, 2), "8"),
    ("stamps_lie_side_by_side", questions.transposed_size(28, 3, 2), "39"),
    ("starts_from_the_original", questions.transposed_size(28, 3, 2), "56"),
    ("starts_from_the_original", questions.transposed_size(28, 3, 2), "57"),
    ("spreads_no_pixel", questions.transposed_size(28, 3, 2), "25"),
    ("counts_a_step_too_many", questions.transposed_size(28, 3, 2), "29"),
]


# Questions with all the wrong answers that their mistakes lead to, worked out by hand.
BY_HAND = [
    (
        questions.output_size(34, 13, 4),
        6,
        {
            6.25: ["no_floor"],  # 21 / 4 + 1
            7: ["ceil_for_valid"],
            5: ["forgot_plus_one", "plus_one_divided", "stride_is_a_gap"],
            22: ["ignored_stride"],
            9: ["other_padding"],
            8: ["ignored_kernel"],
            2: ["windows_never_overlap"],
            34: ["size_stays"],
        },
    ),
    (
        questions.output_size(28, 3, 2),
        13,
        {
            13.5: ["no_floor"],
            14: ["ceil_for_valid", "other_padding", "ignored_kernel"],
            12: ["forgot_plus_one"],
            26: ["ignored_stride"],
            9: ["stride_is_a_gap", "windows_never_overlap"],
            28: ["size_stays"],
        },
    ),
    (
        questions.receptive_field(STACK),
        15,
        {
            9: ["adds_kernel_sizes"],
            7: ["ignores_earlier_strides"],
            21: ["counts_own_stride"],
            3: ["last_window_only"],
            14: ["field_starts_at_zero"],
            27: ["multiplies_kernel_sizes"],
        },
    ),
    (
        questions.transposed_size(28, 3, 2),
        27,
        {
            28: ["transposed_inverts_size"],
            6: ["transposed_shrinks"],
            15: ["ignored_stride"],
            26: ["stamps_cut_or_not"],
            39: ["stamps_lie_side_by_side"],
            56: ["starts_from_the_original"],
            57: ["starts_from_the_original"],
            25: ["spreads_no_pixel"],
            29: ["counts_a_step_too_many"],
        },
    ),
    (
        questions.same_pads(28, 6, 2),
        (2, 2),
        {
            (2, 3): ["pads_ignore_stride"],
            (4, 4): ["total_on_each_side"],
            (0, 0): ["other_padding"],
        },
    ),
    (
        questions.unread(6, 3, 2),
        frozenset({5}),
        {
            frozenset(): ["everything_is_read", "other_padding"],
            frozenset({6}): ["counted_from_one"],
            frozenset({1, 3, 4, 5}): ["stride_skips_pixels"],
            frozenset({1, 3, 5}): ["stride_skips_pixels"],
            frozenset({0}): ["left_over_at_the_start"],
        },
    ),
]


def walk(n, k, step, last_may_stick_out=False):
    """Places of a window on n pixels, found by walking."""
    places, place = 0, 0
    while place + k <= n or (last_may_stick_out and place + k - step < n and place > 0):
        places, place = places + 1, place + step
    return places


def walk_same(n, step):
    return len([pixel for pixel in range(n) if pixel % step == 0])


def size_with_a_partial_last_window(n, kernel_size, strides, padding):
    if padding == "same":
        return walk_same(n, strides)
    return walk(n, kernel_size, strides, last_may_stick_out=True)


def size_with_true_division(n, kernel_size, strides, padding):
    if padding == "same":
        return walk_same(n, strides)
    return (n - kernel_size) / strides + 1


def size_with_true_division_everywhere(n, kernel_size, strides, padding):
    return n / strides if padding == "same" else 1 + (n - kernel_size) / strides


def size_counting_steps(n, kernel_size, strides, padding):
    if padding == "same":
        return walk_same(n, strides) - 1
    return walk(n, kernel_size, strides) - 1


def size_counting_steps_with_valid(n, kernel_size, strides, padding):
    if padding == "same":
        return walk_same(n, strides)
    return walk(n, kernel_size, strides) - 1


def size_dividing_places(n, kernel_size, strides, padding):
    if padding == "same":
        return walk_same(n, strides)
    return walk(n, kernel_size, 1) // strides


def size_that_same_keeps(n, kernel_size, strides, padding):
    return n if padding == "same" else walk(n, kernel_size, strides)


def size_without_the_last_step(n, kernel_size, strides, padding):
    if padding == "same":
        return len(range(strides, n + 1, strides))
    return walk(n, kernel_size, strides)


def size_at_stride_one(n, kernel_size, strides, padding):
    return walk_same(n, strides) if padding == "same" else walk(n, kernel_size, 1)


def size_with_paddings_swapped(n, kernel_size, strides, padding):
    return walk(n, kernel_size, strides) if padding == "same" else walk_same(n, strides)


def size_of_the_input(n, kernel_size, strides, padding):
    return walk_same(n, strides) if padding == "same" else n


def size_with_half_a_kernel_added(n, kernel_size, strides, padding):
    half = kernel_size // 2 if padding == "same" else 0
    return walk(half + n + half, kernel_size, strides)


def size_without_kernel(n, kernel_size, strides, padding):
    return walk_same(n, strides) if padding == "same" else int(n / strides)


def size_leaving_pixels_out(n, kernel_size, strides, padding):
    step = strides if strides == 1 else strides + 1
    return walk_same(n, step) if padding == "same" else walk(n, kernel_size, step)


def size_of_tiles(n, kernel_size, strides, padding):
    return walk_same(n, strides) if padding == "same" else walk(n, kernel_size, kernel_size)


def missing(n, kernel_size, strides):
    """Zeros that same needs, found by trying."""
    zeros = 0
    while walk(n + zeros, kernel_size, strides) < walk_same(n, strides):
        zeros += 1
    return zeros


def pads_on_both_sides(n, kernel_size, strides):
    return [round(missing(n, kernel_size, strides) / 2 + 0.01)] * 2


def pads_before_first(n, kernel_size, strides):
    after = missing(n, kernel_size, strides) // 2
    return missing(n, kernel_size, strides) - after, after


def pads_as_at_stride_one(n, kernel_size, strides):
    return (kernel_size - 1) // 2, kernel_size // 2


def pads_not_shared(n, kernel_size, strides):
    return (missing(n, kernel_size, strides), missing(n, kernel_size, strides))


def pads_of_valid(n, kernel_size, strides):
    return 0, 0


def count(n, kernel_size, step, first=0, stop=None):
    """How often each pixel is read by windows that begin at ``first``, and so on."""
    times = [0] * n
    while first + kernel_size <= (n if stop is None else stop):
        for pixel in range(max(first, 0), min(first + kernel_size, n)):
            times[pixel] += 1
        first += step
    return times


def true_usage(n, kernel_size, strides, padding):
    if padding == "valid":
        return count(n, kernel_size, strides)
    zeros = missing(n, kernel_size, strides)
    return count(n, kernel_size, strides, -(zeros // 2), n + zeros - zeros // 2)


def usage_the_same_everywhere(n, kernel_size, strides, padding):
    return [max(true_usage(n, kernel_size, strides, padding))] * n


def usage_once(n, kernel_size, strides, padding):
    return [1 if times else 0 for times in true_usage(n, kernel_size, strides, padding)]


def usage_without_stride(n, kernel_size, strides, padding):
    return true_usage(n, kernel_size, 1, padding)


def usage_with_paddings_swapped(n, kernel_size, strides, padding):
    return true_usage(n, kernel_size, strides, "valid" if padding == "same" else "same")


def usage_with_equal_pads(n, kernel_size, strides, padding):
    if padding == "valid":
        return count(n, kernel_size, strides)
    side, _ = pads_on_both_sides(n, kernel_size, strides)
    return count(n, kernel_size, strides, -side, n + side)


def usage_with_pads_swapped(n, kernel_size, strides, padding):
    if padding == "valid":
        return count(n, kernel_size, strides)
    before, after = pads_before_first(n, kernel_size, strides)
    return count(n, kernel_size, strides, -before, n + after)


def usage_of_first_pixels(n, kernel_size, strides, padding):
    if strides == 1:
        return true_usage(n, kernel_size, strides, padding)
    zeros = missing(n, kernel_size, strides) if padding == "same" else 0
    first, stop = -(zeros // 2), n + zeros - zeros // 2
    starts = [p for p in range(first, stop, strides) if p + kernel_size <= stop]
    return [1 if pixel in starts else 0 for pixel in range(n)]


def usage_of_every_other_pixel(n, kernel_size, strides, padding):
    if strides == 1:
        return true_usage(n, kernel_size, strides, padding)
    read = range(0, n, strides)
    return [1 if pixel in read else 0 for pixel in range(n)]


WRITTEN = [
    ("ceil_for_valid", "write_output_size", size_with_a_partial_last_window),
    ("no_floor", "write_output_size", size_with_true_division),
    ("no_floor", "write_output_size", size_with_true_division_everywhere),
    ("forgot_plus_one", "write_output_size", size_counting_steps),
    ("forgot_plus_one", "write_output_size", size_counting_steps_with_valid),
    ("plus_one_divided", "write_output_size", size_dividing_places),
    ("same_means_same_size", "write_output_size", size_that_same_keeps),
    ("size_stays", "write_output_size", size_of_the_input),
    ("half_a_kernel_on_each_side", "write_output_size", size_with_half_a_kernel_added),
    ("floor_for_same", "write_output_size", size_without_the_last_step),
    ("ignored_stride", "write_output_size", size_at_stride_one),
    ("other_padding", "write_output_size", size_with_paddings_swapped),
    ("ignored_kernel", "write_output_size", size_without_kernel),
    ("stride_is_a_gap", "write_output_size", size_leaving_pixels_out),
    ("windows_never_overlap", "write_output_size", size_of_tiles),
    ("symmetric_same", "write_same_pads", pads_on_both_sides),
    ("pads_swapped", "write_same_pads", pads_before_first),
    ("pads_ignore_stride", "write_same_pads", pads_as_at_stride_one),
    ("total_on_each_side", "write_same_pads", pads_not_shared),
    ("other_padding", "write_same_pads", pads_of_valid),
    ("read_equally", "write_usage", usage_the_same_everywhere),
    ("windows_never_overlap", "write_usage", usage_once),
    ("ignored_stride", "write_usage", usage_without_stride),
    ("other_padding", "write_usage", usage_with_paddings_swapped),
    ("symmetric_same", "write_usage", usage_with_equal_pads),
    ("pads_swapped", "write_usage", usage_with_pads_swapped),
    ("stride_skips_pixels", "write_usage", usage_of_first_pixels),
    ("stride_skips_pixels", "write_usage", usage_of_every_other_pixel),
]


def diagnoses() -> list[tuple[str, str, str, str | None]]:
    """Rows: the mistake that was made, the question, the answer, the mistake that was named."""
    rows = [
        (mistake, repr(question), answer, question.diagnose(question.parse(answer)).mistake)
        for mistake, question, answer in TYPED
    ]
    for mistake, kind, function in WRITTEN:
        question = getattr(questions, kind)()
        rows.append(
            (mistake, repr(question), function.__name__, question.diagnose(function).mistake)
        )
    return rows


def main() -> int:
    """Print the table."""
    rows = diagnoses()
    right = sum(made == named for made, _, _, named in rows)
    for made, question, answer, named in sorted(rows):
        verdict = "right" if made == named else "WRONG"
        shown = f"{question[10:67]}…" if len(question) > 68 else question[10:]
        print(f"{verdict}  {made:26} {named or '–':26} {answer:36} {shown}")
    share = f"{right} of {len(rows)} diagnoses are right ({right / len(rows):.0%})"
    print(f"{share}; {len(MISTAKES)} mistakes")
    missing = MISTAKES.keys() - {made for made, *_ in rows}
    for name in sorted(missing):
        print(f"{name} has no wrong answer: add one to TYPED or WRITTEN")
    return right < len(rows) or bool(missing)


if __name__ == "__main__":
    print_anywhere()
    sys.exit(main())
