using System.Globalization;
using System.Text;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>Writes what <c>printf</c> prints. Values stand one after the other, each aligned to its size.</summary>
internal sealed unsafe class PrintFormat(Warp warp, int lane, ulong values)
{
    private ulong next = values;

    /// <summary>Number of values that were printed.</summary>
    public int Count { get; private set; }

    public string Format(string format)
    {
        var result = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%') result.Append(format[i]);
            else if (i + 1 < format.Length && format[i + 1] == '%') result.Append(format[i++]);
            else i = Convert(format, i + 1, result);
        }

        return result.ToString();
    }

    // Returns the place of the conversion's letter.
    private int Convert(string format, int at, StringBuilder result)
    {
        var flags = Take("-+ #0");
        var width = Number();
        var precision = -1;
        if (at < format.Length && format[at] == '.')
        {
            at++;
            precision = Math.Max(0, Number());
        }

        var length = Take("hlLzjt");
        if (at >= format.Length) return at;
        Count++;
        var text = One(format[at], length, precision, flags);
        result.Append(Pad(text, flags, width));
        return at;

        string Take(string set)
        {
            var start = at;
            while (at < format.Length && set.Contains(format[at], StringComparison.Ordinal)) at++;
            return format[start..at];
        }

        int Number()
        {
            if (at < format.Length && format[at] == '*')
            {
                at++;
                return (int)Word();
            }

            var digits = Take("0123456789");
            return digits.Length == 0 ? -1 : int.Parse(digits, CultureInfo.InvariantCulture);
        }
    }

    private string One(char letter, string length, int precision, string flags)
    {
        var isLong = length.Contains('l', StringComparison.Ordinal) || length is "z" or "j" or "t";
        switch (letter)
        {
            case 'd' or 'i':
                var signed = isLong ? (long)Long() : (int)Word();
                var digits = Digits(signed.ToString(CultureInfo.InvariantCulture).TrimStart('-'), precision);
                return signed < 0 ? $"-{digits}" : flags.Contains('+', StringComparison.Ordinal) ? $"+{digits}"
                    : flags.Contains(' ', StringComparison.Ordinal) ? $" {digits}" : digits;
            case 'u':
                return Digits((isLong ? Long() : Word()).ToString(CultureInfo.InvariantCulture), precision);
            case 'o':
                return Digits(System.Convert.ToString((long)(isLong ? Long() : Word()), 8), precision);
            case 'x' or 'X':
                var value = isLong ? Long() : Word();
                var hex = Digits(value.ToString(letter == 'x' ? "x" : "X", CultureInfo.InvariantCulture), precision);
                return flags.Contains('#', StringComparison.Ordinal) && value != 0 ? $"0{letter}{hex}" : hex;
            case 'c':
                return ((char)(byte)Word()).ToString();
            case 's':
                var text = CallArguments.Text(warp, Long(), lane);
                return precision >= 0 && precision < text.Length ? text[..precision] : text;
            case 'p':
                return $"0x{Long():x}";
            default:
                return Floating(letter, BitConverter.UInt64BitsToDouble(Long()), precision < 0 ? 6 : precision, flags);
        }
    }

    private static string Floating(char letter, double value, int precision, string flags)
    {
        var sign = double.IsNegative(value) && !double.IsNaN(value) ? "-" : flags.Contains('+', StringComparison.Ordinal) ? "+" : "";
        var size = Math.Abs(value);
        if (double.IsNaN(value)) return char.IsUpper(letter) ? "NAN" : "nan";
        if (double.IsInfinity(size)) return sign + (char.IsUpper(letter) ? "INF" : "inf");
        var text = char.ToLowerInvariant(letter) switch
        {
            'f' => size.ToString($"F{precision}", CultureInfo.InvariantCulture),
            'e' => Exponential(size, precision),
            _ => General(size, precision),
        };
        return sign + (char.IsUpper(letter) ? text.ToUpperInvariant() : text);
    }

    private static string Exponential(double size, int precision) =>
        size.ToString(precision == 0 ? "0e+00" : $"0.{new string('0', precision)}e+00", CultureInfo.InvariantCulture);

    private static string General(double size, int precision)
    {
        if (precision == 0) precision = 1;
        var exponential = Exponential(size, precision - 1);
        var exponent = size == 0 ? 0 : int.Parse(exponential.AsSpan(exponential.IndexOf('e', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent >= precision || exponent < -4)
        {
            var parts = exponential.Split('e');
            return $"{Trim(parts[0])}e{parts[1]}";
        }

        return Trim(size.ToString($"F{precision - 1 - exponent}", CultureInfo.InvariantCulture));
    }

    private static string Trim(string text) => text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;

    private static string Digits(string digits, int precision) => precision < 0 ? digits : digits.PadLeft(precision, '0');

    private static string Pad(string text, string flags, int width)
    {
        if (text.Length >= width) return text;
        if (flags.Contains('-', StringComparison.Ordinal)) return text.PadRight(width);
        if (!flags.Contains('0', StringComparison.Ordinal)) return text.PadLeft(width);
        var sign = text[0] is '-' or '+' ? 1 : 0;
        return text[..sign] + text[sign..].PadLeft(width - sign, '0');
    }

    private uint Word()
    {
        next = (next + 3) & ~3UL;
        var value = *(uint*)warp.Generic(next, 4, lane, Access.Read);
        next += 4;
        return value;
    }

    private ulong Long()
    {
        next = (next + 7) & ~7UL;
        var value = *(ulong*)warp.Generic(next, 8, lane, Access.Read);
        next += 8;
        return value;
    }
}
