using Fusion.Build.Contract;

namespace Fusion.Compiler.Jobs;

/// <summary>Reads kernels from a request and judges their metadata.</summary>
internal static class KernelReading
{
    /// <summary>Reads all kernels.</summary>
    /// <param name="request">The request.</param>
    /// <param name="report">Gets every problem.</param>
    /// <returns>The kernels that can be compiled, without those that others include.</returns>
    public static IReadOnlyList<Kernel> Read(CompileRequest request, Action<Diagnostic> report)
    {
        var kernels = new List<Kernel>();
        foreach (var kernel in request.Kernels)
        {
            if (ReadOne(kernel, request, report) is { } good) kernels.Add(good);
        }

        // Two kernels that differ in case alone would share images where file names do.
        var comparer = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        foreach (var group in kernels.GroupBy(k => k.Name, comparer).Where(g => g.Count() > 1).ToArray())
        {
            report(Error(Codes.DuplicateName, $"Two kernels have the name '{group.Key}', so their images would overwrite each other: "
                + $"{string.Join(" and ", group.Select(k => $"'{k.Source}'"))}. Give one of them another LogicalName, or remove it.", group.Last().Source));
            kernels.RemoveAll(group.Contains);
        }

        return IncludedSources.Remove(kernels, report);
    }

    private static Kernel? ReadOne(KernelRequest request, CompileRequest project, Action<Diagnostic> report)
    {
        request.Source = Path.GetFullPath(request.Source, project.ProjectDirectory);
        var isNamed = IsName(request.Name);
        if (!isNamed)
        {
            report(Error(Codes.Metadata,
                $"LogicalName is '{request.Name}'; expected a relative path with forward slashes and without '..': kernels/scale.", request.Source));
        }

        var metadata = new KernelMetadata(request, project.Defaults, report);
        var kernel = new Kernel(request.Source, request.Name, project.ProjectDirectory, metadata);
        return HasText(request.Source, report) && isNamed && metadata.IsValid ? kernel : null;
    }

    private static bool HasText(string source, Action<Diagnostic> report)
    {
        try
        {
            if (!string.IsNullOrWhiteSpace(File.ReadAllText(source))) return true;
            report(Error(Codes.EmptySource, "The file is empty. Write a kernel in it, or remove it from the project (FusionKernel Remove).", source));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            report(Error(Codes.MissingSource, File.Exists(source)
                ? $"The file cannot be read: {e.Message}"
                : "There is no such file. Correct the FusionKernel item that names it.", source));
        }

        return false;
    }

    private static bool IsName(string name) => name.Length > 0 && !Path.IsPathRooted(name) && !name.Contains('\\')
        && name.Split('/').All(part => part.Length > 0 && part is not ("." or "..") && part.IndexOfAny(Path.GetInvalidFileNameChars()) < 0);

    private static Diagnostic Error(string code, string message, string file) => new(DiagnosticSeverity.Error, code, message, file);
}
