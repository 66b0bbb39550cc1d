using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;
using Fusion.Manifest;

namespace Fusion.Compiler.Launchers;

/// <summary>Compares the launchers of a source with what was compiled of it: a launcher is written by the source alone, and one that
/// looks for another name than the compiler gave could never launch.</summary>
internal static class LauncherAgreement
{
    /// <summary>Finds launchers whose kernel is not there.</summary>
    /// <param name="kernel">The source and its name expressions.</param>
    /// <param name="text">The source's text.</param>
    /// <param name="headers">Texts of the headers that launchers know.</param>
    /// <param name="compiled">The kernels of its images, each once.</param>
    /// <returns>An error for each name expression, which only the project can mend; a warning for each kernel of the source, which
    /// builds and can be launched by its name. A kernel that an <c>#if</c> may leave out is neither.</returns>
    public static IEnumerable<Diagnostic> WhatIsMissing(Kernel kernel, string text, IReadOnlyList<string> headers, IReadOnlyList<KernelEntry> compiled)
    {
        var launchers = Source(kernel, text, headers, []).Read();
        var names = launchers.Select(launcher => launcher.Kernel).ToHashSet(StringComparer.Ordinal);
        var there = compiled.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        KernelEntry[] others = [.. compiled.Where(entry => !names.Contains(entry.Name))];
        return launchers
            .Where(launcher => !launcher.MayBeLeftOut && !there.Contains(launcher.Kernel) && KernelMatch.Find(launcher.Kernel, others) is null)
            .Select(launcher => Missing(kernel, launcher.Kernel, compiled));
    }

    /// <summary>What lets a compilation fail where the layout of a struct that C# gets is another one.</summary>
    /// <param name="kernel">The source and its name expressions.</param>
    /// <param name="text">The source's text.</param>
    /// <param name="headers">Texts of the headers that launchers know.</param>
    /// <param name="mapped">Names of the types that the project maps itself.</param>
    public static LayoutChecks Layouts(Kernel kernel, string text, IReadOnlyList<string> headers, IReadOnlyList<string> mapped)
    {
        var source = Source(kernel, text, headers, mapped);
        source.Read();
        source.ReadVariables();
        return LayoutChecks.Of(source.Types);
    }

    private static LauncherSource Source(Kernel kernel, string text, IReadOnlyList<string> headers, IReadOnlyList<string> mapped)
    {
        var request = new KernelRequest
        {
            Source = kernel.Source,
            Name = kernel.Name,
            [nameof(kernel.Defines)] = string.Join(';', kernel.Defines),
            [nameof(kernel.NameExpressions)] = string.Join(';', kernel.NameExpressions),
        };
        return new LauncherSource(request, text, headers, new TypeMap(mapped.Select(name => KeyValuePair.Create(name, ""))), new DeviceTypeNames(""), _ => { });
    }

    private static Diagnostic Missing(Kernel kernel, string name, IReadOnlyList<KernelEntry> compiled)
    {
        var there = compiled.Count == 0 ? "no kernel" : string.Join(", ", compiled.Select(entry => $"'{entry.Name}'"));
        var isExpression = kernel.NameExpressions.Contains(name);
        var advice = isExpression
            ? "A name expression is for an instantiation of a kernel template: remove it, or write it as the name of one."
            : "Write the kernel's declaration out, without macros and with its types as they are called there.";
        return new Diagnostic(isExpression ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, Codes.LauncherName,
            $"The launcher for '{name}' cannot launch anything: the images of '{kernel.Name}' have {there}. {advice} Or set "
            + "FusionGenerateLaunchers to false, and launch by name (KernelLibrary.GetKernel).", kernel.Source);
    }
}
