using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>The macros that a source and its project define. They are known; those that declare kernels
/// are expanded by <see cref="KernelMacros"/>.</summary>
internal sealed class SourceMacros
{
    private readonly HashSet<string> all = new(StringComparer.Ordinal);

    /// <summary>Collects the macros of a source.</summary>
    /// <param name="tokens">Tokens of the source and of its headers.</param>
    /// <param name="defines">The macros of its metadata, <c>NAME</c> or <c>NAME=VALUE</c>, split by semicolons.</param>
    public SourceMacros(IEnumerable<CppToken> tokens, string defines)
    {
        foreach (var token in tokens)
        {
            if (token.Words is ["define", var name, ..]) all.Add(name);
        }

        foreach (var define in defines.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            all.Add(define.Split('=', '(')[0].Trim());
    }

    /// <summary>Whether a word is a macro.</summary>
    /// <param name="word">The word.</param>
    public bool Contains(string word) => all.Contains(word);
}
