# From the shell text to a C string.
1i #pragma GCC diagnostic ignored "-Woverlength-strings"
1i static const char prelude_text[] =
s/[\\"]/\\&/g
s/.*/"&\\n"/
$a ;
