using System.Text.RegularExpressions;
using Fusion.Build.Contract;
using Fusion.Compiler.Images;
using Fusion.Compiler.Launchers;

namespace Fusion.Compiler.Sources;

/// <summary>A source as NVRTC gets it: without what nvcc would compile for the host alone.</summary>
/// <param name="Text">The text, with blanks in the place of what was left out, so that all lines and columns stay.</param>
/// <param name="LeftOut">The lines that were left out, first and last, in order.</param>
internal sealed partial record KernelCode(string Text, IReadOnlyList<(int First, int Last)> LeftOut)
{
    private const int MostRanges = 12;

    /// <summary>The lines on which functions and variables that were left out begin, by name.</summary>
    public IReadOnlyDictionary<string, int> Names { get; private init; } = new Dictionary<string, int>();

    /// <summary>What is checked behind the source.</summary>
    public LayoutChecks Checks { get; private init; } = LayoutChecks.None;

    /// <summary>The text with <see cref="UnitName"/> behind it.</summary>
    public string NamedText => Text + UnitName.Text;

    /// <summary>The source with checks behind it.</summary>
    public KernelCode With(LayoutChecks checks) => checks.Text.Length == 0 ? this : this with { Text = Text + checks.Text, Checks = checks };

    /// <summary>Whether anything was left out.</summary>
    public bool HasHostCode => LeftOut.Count > 0;

    /// <summary>The lines in words: <c>3, 10-20 and 30</c>.</summary>
    public string Lines
    {
        get
        {
            var named = LeftOut.Take(MostRanges).Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First}-{r.Last}").ToList();
            if (LeftOut.Count > MostRanges) named.Add($"{LeftOut.Count - MostRanges} more places");
            return named.Count == 1 ? named[0] : $"{string.Join(", ", named[..^1])} and {named[^1]}";
        }
    }

    /// <summary>Says of a name that NVRTC does not know, because it was left out, how it comes to be for the GPU.</summary>
    /// <param name="diagnostics">The diagnostics of a failed compilation.</param>
    public IReadOnlyList<Diagnostic> Explain(IReadOnlyList<Diagnostic> diagnostics) => !HasHostCode ? diagnostics :
        [.. diagnostics.Select(d => Undefined().Match(d.Message) is { Success: true } match && Names.TryGetValue(match.Groups[1].Value, out var line)
            ? new Diagnostic(d.Severity, d.Code, $"{d.Message}\n'{match.Groups[1].Value}' on line {line} was left out as code for the host: if it is for the GPU, write __device__.",
                d.File, d.Line, d.Column)
            : d)];

    [GeneratedRegex("""^identifier "(\w+)" is undefined""")]
    private static partial Regex Undefined();

    /// <summary>A source as it is.</summary>
    public static KernelCode Whole(string text) => new(text, []);

    /// <summary>A source without its code for the host: functions and variables without <c>__device__</c>, <c>__global__</c> or
    /// <c>__constant__</c>. Types, constants and functions that are computed at compile time stay where what stays names them.</summary>
    /// <param name="text">Text of the source.</param>
    /// <param name="headers">What the headers that it includes define: macros may say that something is for the GPU.</param>
    public static KernelCode Of(string text, IEnumerable<MacroTable> headers)
    {
        var tokens = CppTokenizer.Read(text);
        var macros = new MacroTable();
        macros.Add(text, tokens);
        foreach (var header in headers) macros.Add(header);
        var scanner = new DeclarationScanner(text, tokens, macros);
        var declarations = scanner.Read();
        var members = declarations.Where(d => d.Kind == DeclarationKind.Class).ToDictionary(d => d, scanner.Members);
        var hosts = declarations.Where(d => d.Kind == DeclarationKind.Host).Concat(members.Values.SelectMany(all => all.Where(d => d.Kind == DeclarationKind.Host))).ToList();
        if (hosts.Count == 0) return Whole(text);

        var kept = new Reachable(tokens, macros).Keep(declarations, members);
        var left = declarations.Where(d => !kept.Contains(d))
            .Concat(members.Where(one => kept.Contains(one.Key)).SelectMany(one => one.Value.Where(d => d.Kind == DeclarationKind.Host)))
            .OrderBy(d => d.First).ToList();
        return left.Count == 0 ? Whole(text) : Blank(text, tokens, left);
    }

    private static KernelCode Blank(string text, IReadOnlyList<CppToken> tokens, List<SourceDeclaration> left)
    {
        var blanked = text.ToCharArray();
        var lines = new List<(int First, int Last)>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var (line, counted) = (1, 0);
        foreach (var declaration in left)
        {
            var (start, end) = (tokens[declaration.First].Start, tokens[declaration.End - 1].End);
            for (var i = start; i < end; i++)
            {
                if (text[i] is not ('\n' or '\r')) blanked[i] = ' ';
            }

            // A directive counts beyond the function that it stands in.
            for (var i = declaration.First; i < declaration.End; i++)
            {
                if (tokens[i].Kind == CppTokenKind.Directive) text.CopyTo(tokens[i].Start, blanked, tokens[i].Start, tokens[i].End - tokens[i].Start);
            }

            var first = line += text.AsSpan(counted, start - counted).Count('\n');
            counted = start;
            var last = first + text.AsSpan(start, end - start).Count('\n');
            foreach (var name in declaration.Names) names.TryAdd(name, first);
            if (lines.Count > 0 && lines[^1].Last >= first - 1) lines[^1] = (lines[^1].First, Math.Max(lines[^1].Last, last));
            else lines.Add((first, last));
        }

        return new KernelCode(new string(blanked), lines) { Names = names };
    }

    /// <summary>Finds what the code for the GPU names, directly or not.</summary>
    private sealed class Reachable(IReadOnlyList<CppToken> tokens, MacroTable macros)
    {
        private readonly HashSet<string> used = new(StringComparer.Ordinal);

        public HashSet<SourceDeclaration> Keep(List<SourceDeclaration> declarations, Dictionary<SourceDeclaration, List<SourceDeclaration>> members)
        {
            var kept = new HashSet<SourceDeclaration>();
            foreach (var declaration in declarations.Where(d => d.Kind == DeclarationKind.Kept)) Take(declaration);
            for (var before = -1; before != kept.Count;)
            {
                before = kept.Count;
                foreach (var declaration in declarations.Where(d => d.Kind is DeclarationKind.IfUsed or DeclarationKind.Class && !kept.Contains(d)))
                {
                    if (declaration.Names.Count == 0 || declaration.Names.Any(used.Contains)) Take(declaration);
                }
            }

            return kept;

            void Take(SourceDeclaration declaration)
            {
                kept.Add(declaration);
                var hosts = members.GetValueOrDefault(declaration, []).Where(d => d.Kind == DeclarationKind.Host).ToList();
                for (var i = declaration.First; i < declaration.End; i++)
                {
                    if (tokens[i].IsWord && !hosts.Any(d => i >= d.First && i < d.End)) Use(tokens[i].Text);
                }
            }
        }

        private void Use(string word)
        {
            if (!used.Add(word) || !macros.Contains(word)) return;
            foreach (var other in macros.Words(word)) used.Add(other);
        }
    }
}
