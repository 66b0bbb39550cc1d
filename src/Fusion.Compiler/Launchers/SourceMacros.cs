using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>The macros that a source and its project define. They are known, not expanded.</summary>
internal sealed class SourceMacros
{
    private readonly HashSet<string> all = new(StringComparer.Ordinal);

    /// <summary>Collects the macros of a source.</summary>
    /// <param name="tokens">The source's tokens.</param>
    /// <param name="defines">The macros of its metadata, <c>NAME</c> or <c>NAME=VALUE</c>, split by semicolons.</param>
    public SourceMacros(IReadOnlyList<CppToken> tokens, string defines)
    {
        var kernelMacros = new HashSet<string>(StringComparer.Ordinal);
        foreach (var token in tokens)
        {
            if (token.Words is ["define", var name, ..])
            {
                all.Add(name);
                if (token.Words.Contains("__global__")) kernelMacros.Add(name);
            }
            else if (token.IsWord && kernelMacros.Contains(token.Text)) KernelUses.Add(token);
        }

        foreach (var define in defines.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            all.Add(define.Split('=', '(')[0].Trim());
    }

    /// <summary>Where a macro is used that declares a kernel.</summary>
    public List<CppToken> KernelUses { get; } = [];

    /// <summary>Whether a word is a macro.</summary>
    /// <param name="word">The word.</param>
    public bool Contains(string word) => all.Contains(word);
}
