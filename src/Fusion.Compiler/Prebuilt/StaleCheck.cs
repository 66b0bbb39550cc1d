using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Prebuilt;

/// <summary>Compares what images were made of with what the project has now.</summary>
internal static class StaleCheck
{
    /// <summary>What differs, in words.</summary>
    /// <param name="kernel">The kernel as the project has it.</param>
    /// <param name="made">What its images were made of.</param>
    /// <param name="headers">The headers that it includes now.</param>
    /// <param name="names">Names of headers.</param>
    /// <param name="contents">Reads sources and headers.</param>
    /// <returns>Null if nothing does.</returns>
    public static string? WhatDiffers(
        Kernel kernel, KernelSource made, IReadOnlyList<string> headers, PortableNames names, FileContents contents)
    {
        if (contents.Get(kernel.Source)?.Sha256 != made.Sha256) return "the source has another content";
        foreach (var header in made.Headers)
        {
            var content = names.PathOf(header.Name) is { } path ? contents.Get(path) : null;
            if (content is null) return $"the header '{header.Name}' is gone";
            if (content.Sha256 != header.Sha256) return $"the header '{header.Name}' has another content";
        }

        var known = made.Headers.Select(header => header.Name).ToHashSet(StringComparer.Ordinal);
        var added = headers.Select(names.Of).FirstOrDefault(name => !known.Contains(name));
        if (added is not null) return $"it includes '{added}' now";
        return Lists("options", made.Options, kernel.OwnOptions)
            ?? Lists("name expressions", made.NameExpressions, kernel.NameExpressions);
    }

    private static string? Lists(string what, IReadOnlyList<string> made, IReadOnlyList<string> now) =>
        made.SequenceEqual(now) ? null : $"its {what} were '{string.Join(' ', made)}' and are '{string.Join(' ', now)}'";
}
