{#-
  What a message says without what it says it of: numbers, ids, addresses, names after a word for them and quoted texts
  become marks, so that messages of one kind are equal and nobody can be told from one. Only the first 1,000 characters
  count: what follows in longer ones is a stack trace or a body. The order matters: each rule sees what those before it
  left.
-#}
{% macro masked(message) -%}
    {%- set hex = '[0-9a-fA-F]' -%}
    {%- set group = hex ~ '{1,4}' -%}
    {%- set groups = group ~ '(:' ~ group ~ ')*' -%}
    {%- set rules = [
        ('[^\\s@<>"=,;:()]+@[^\\s@<>"=,;:()]+', '<email>'),
        ('(^|[\\s(\\[,:])"[^"]*"', '\\1<text>'),
        ("(^|[\\s(\\[,:])''[^'']*''", '\\1<text>'),
        ('\\b(user|username|account|ruser|logname|name)([=:] ?)[^\\s,;=<>()]+', '\\1\\2<name>'),
        ('\\b(invalid user|for user) [^\\s<>]+', '\\1 <name>'),
        ('\\b(for|user) [^\\s<>]+ (from|by|\\[)', '\\1 <name> \\2'),
        (hex ~ '{8}(-' ~ hex ~ '{4}){3}-' ~ hex ~ '{12}', '<id>'),
        ('[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+(Z|[+-][0-9:]+)?', '<time>'),
        ('(' ~ group ~ ':){7}' ~ group ~ '|\\b' ~ groups ~ ':{2}(' ~ groups ~ ')?', '<address>'),
        ('(^|[\\s(\\[=]):{2}[0-9a-fA-F:.]+', '\\1<address>'),
        ('([0-9]{1,3}[.]){3}[0-9]{1,3}', '<address>'),
        ('\\b[0-9]+([.,:][0-9]+)*\\b', '<number>'),
        ('\\b(0x' ~ hex ~ '+|' ~ hex ~ '{8,}|[A-Za-z]*[0-9]+[A-Za-z]+[0-9][A-Za-z0-9]*)\\b', '<id>'),
        ('[0-9]+', '<number>'),
        ('\\s+', ' '),
    ] -%}
    {%- set text = namespace(sql=beginning(message, 1000)) -%}
    {%- for pattern, replacement in rules -%}
        {%- set text.sql = replace_all(text.sql, pattern, replacement) -%}
    {%- endfor -%}
    {{ text.sql }}
{%- endmacro %}

{# A path or name of an operation without e-mail addresses, which some clients write into it; else as it is. #}
{% macro without_email(text) -%}
    case
        when position('@' in {{ text }}) > 0 or position('%40' in {{ text }}) > 0
            then {{ replace_all(text, '[^\\s@%<>"=,;:()/?&#]+(@|%40)[^\\s@<>"=,;:()/?&#]+', '<email>') }}
        else {{ text }}
    end
{%- endmacro %}
