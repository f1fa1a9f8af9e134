from featcls.report.html import Html, join, tag


def test_text_and_attributes_are_escaped_and_markup_is_not():
    made = tag("p", "<b>", tag("i", "x & y"), title='"quoted" <')
    assert made == '<p title="&quot;quoted&quot; &lt;">&lt;b&gt;<i>x &amp; y</i></p>'


def test_markup_joined_with_plain_text_is_plain_text_again():
    glued = Html("<b>") + "<script>"
    assert "<script>" not in tag("p", glued)


def test_none_is_nothing_and_sequences_are_flattened():
    assert join("a", None, ["b", [1, 2.5]]) == "ab12.5"


def test_attributes_of_none_and_false_are_left_out():
    assert tag("td", class_=None, hidden=False, scope="row") == '<td scope="row"></td>'
