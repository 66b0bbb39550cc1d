using System.Text.RegularExpressions;

namespace Fusion.Compiler.Logs;

/// <summary>The shapes of lines in a log of NVRTC, as versions 11.8 to 13.0 write them.</summary>
internal static partial class LogShapes
{
    /// <summary><c>file(line): error #20-D: text</c>. A file's name may have parentheses and colons, so the shape must
    /// match as a whole.</summary>
    [GeneratedRegex(@"^(?<file>.+?)\((?<line>\d+)\): (?<severity>(?:catastrophic |internal )?error|warning|remark|note)(?: (?<number>#\d+(?:-[A-Z])?))?: (?<text>.*)$")]
    public static partial Regex AtLine();

    /// <summary><c>At end of source: error: text</c>.</summary>
    [GeneratedRegex(@"^At end of source: (?<severity>(?:catastrophic |internal )?error|warning|remark)(?: (?<number>#\d+(?:-[A-Z])?))?: (?<text>.*)$")]
    public static partial Regex AtEnd();

    /// <summary><c>nvrtc: error: text</c>, and <c>Command-line error: text</c> of the front end.</summary>
    [GeneratedRegex(@"^(?:nvrtc: |Command-line )(?<severity>error|warning)(?: (?<number>#\d+(?:-[A-Z])?))?\s*: (?<text>.*)$")]
    public static partial Regex Option();

    /// <summary><c>ptxas application ptx input, line 27; error   : text</c>, or without the place.</summary>
    [GeneratedRegex(@"^ptxas (?:.*, line (?<line>\d+); )?(?<severity>error|warning|fatal|info)\s*: (?<text>.*)$")]
    public static partial Regex Ptxas();

    /// <summary><c>ptxas         .     0 bytes stack frame</c>: more of the line before.</summary>
    [GeneratedRegex(@"^ptxas\s+\.\s+(?<text>.*)$")]
    public static partial Regex PtxasMore();

    /// <summary><c>file(line): here</c> of version 11, with an empty file for that of the message.</summary>
    [GeneratedRegex(@"^(?<file>.*)\((?<line>\d+)\): here(?<rest>\b.*|)$")]
    public static partial Regex Here();

    /// <summary>The caret below a source line.</summary>
    [GeneratedRegex(@"^\s*\^\s*$")]
    public static partial Regex Caret();

    /// <summary>Texts that tell nothing new: they count what was said, or say that this was the end.</summary>
    [GeneratedRegex(@"^(?:(?:(?:, | and )?\d+ (?:[a-z]+ )*(?:error|warning|remark)s?)+ (?:(?:was|were|has been|have been) )?(?:detected|generated|found)\b.*|Compilation (?:terminated|aborted)\.?|(?:Error|Warning) limit (?:was |has been )?(?:reached|exceeded)\.?|Remark: The warnings can be suppressed with .*)$", RegexOptions.IgnoreCase)]
    public static partial Regex Noise();
}
