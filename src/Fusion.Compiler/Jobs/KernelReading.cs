using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Jobs;

/// <summary>Reads kernels from a request and judges their metadata.</summary>
internal static class KernelReading
{
    private static readonly string[] Standards = ["c++03", "c++11", "c++14", "c++17", "c++20"];
    private static readonly string[] Reserved = ["-arch", "--gpu-architecture", "-std", "--std", "-maxrregcount", "--maxrregcount"];

    /// <summary>Reads all kernels.</summary>
    /// <param name="request">The request.</param>
    /// <param name="report">Gets every problem.</param>
    /// <returns>The kernels that can be compiled.</returns>
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

        return kernels;
    }

    private static Kernel? ReadOne(KernelRequest request, CompileRequest project, Action<Diagnostic> report)
    {
        var options = Split(request.AdditionalOptions);
        var kernel = new Kernel
        {
            Source = Path.GetFullPath(request.Source, project.ProjectDirectory),
            Name = request.Name,
            ProjectDirectory = project.ProjectDirectory,
            OfProject = OfProject(request, project.Defaults),
            Architectures = ArchitectureList.Parse(request.Architectures, out var architectureProblem),
            Std = request.Std.Length > 0 ? request.Std : "c++17",
            Defines = Split(request.Defines),
            IncludePaths = [.. Split(request.IncludePaths)
                .Select(p => Path.TrimEndingDirectorySeparator(Path.GetFullPath(p, project.ProjectDirectory)))],
            MaxRegisters = RegistersOf(request.MaxRegisters),
            FastMath = FlagOf(request.FastMath) ?? false,
            LineInfo = FlagOf(request.LineInfo) ?? false,
            NameExpressions = NameExpression.Split(request.NameExpressions),
            AdditionalOptions = options,
        };
        var good = true;
        void Wrong(string code, string message, string? file = null)
        {
            report(Error(code, message, file ?? kernel.Source));
            good = false;
        }

        // A mistake of the project is one mistake, however many kernels have it.
        void WrongValue(string code, string metadata, string message) => Wrong(code, $"{kernel.NameOf(metadata)} {message}", kernel.PlaceOf(metadata));

        if (!IsName(request.Name))
        {
            Wrong(Codes.Metadata, $"LogicalName is '{request.Name}'; expected a relative path with forward slashes and without '..': kernels/scale.");
        }

        if (architectureProblem.Length > 0)
            WrongValue(Codes.ArchitectureSyntax, nameof(request.Architectures), $"is '{request.Architectures}'. {architectureProblem}");
        if (!Standards.Contains(kernel.Std))
            WrongValue(Codes.Metadata, nameof(request.Std), $"is '{kernel.Std}'; expected one of {string.Join(", ", Standards)}.");
        if (request.MaxRegisters.Length > 0 && kernel.MaxRegisters is null)
        {
            WrongValue(Codes.Metadata, nameof(request.MaxRegisters),
                $"is '{request.MaxRegisters}'; expected a number from 1 to 255, or nothing for no limit.");
        }

        foreach (var (metadata, value) in new[] { (nameof(request.FastMath), request.FastMath), (nameof(request.LineInfo), request.LineInfo) })
        {
            if (FlagOf(value) is null) WrongValue(Codes.Metadata, metadata, $"is '{value}'; expected true or false.");
        }

        foreach (var option in options.Where(o => Reserved.Contains(o.Split('=')[0])))
        {
            var prefix = kernel.OfProject.Contains(nameof(request.AdditionalOptions)) ? "Fusion" : "";
            WrongValue(Codes.Metadata, nameof(request.AdditionalOptions),
                $"has '{option}'; use {prefix}Architectures, {prefix}Std or {prefix}MaxRegisters instead.");
        }

        return CheckSource(kernel.Source, (code, message) => Wrong(code, message)) && good ? kernel : null;
    }

    private static string[] OfProject(KernelRequest kernel, KernelRequest project) =>
    [
        .. new[]
        {
            (nameof(kernel.Architectures), kernel.Architectures, project.Architectures),
            (nameof(kernel.Defines), kernel.Defines, project.Defines),
            (nameof(kernel.IncludePaths), kernel.IncludePaths, project.IncludePaths),
            (nameof(kernel.Std), kernel.Std, project.Std),
            (nameof(kernel.MaxRegisters), kernel.MaxRegisters, project.MaxRegisters),
            (nameof(kernel.FastMath), kernel.FastMath, project.FastMath),
            (nameof(kernel.LineInfo), kernel.LineInfo, project.LineInfo),
            (nameof(kernel.AdditionalOptions), kernel.AdditionalOptions, project.AdditionalOptions),
        }.Where(one => one.Item3.Length > 0 && one.Item2 == one.Item3).Select(one => one.Item1),
    ];

    private static int? RegistersOf(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 255 ? n : null;

    // Null for what is no flag.
    private static bool? FlagOf(string value) => value.Length == 0 ? false : bool.TryParse(value, out var flag) ? flag : null;

    private static bool CheckSource(string source, Action<string, string> wrong)
    {
        try
        {
            if (!string.IsNullOrWhiteSpace(File.ReadAllText(source))) return true;
            wrong(Codes.EmptySource, "The file is empty. Write a kernel in it, or remove it from the project (FusionKernel Remove).");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            wrong(Codes.MissingSource, File.Exists(source)
                ? $"The file cannot be read: {e.Message}"
                : "There is no such file. Correct the FusionKernel item that names it.");
        }

        return false;
    }

    private static bool IsName(string name) => name.Length > 0 && !Path.IsPathRooted(name) && !name.Contains('\\')
        && name.Split('/').All(part => part.Length > 0 && part is not ("." or "..") && part.IndexOfAny(Path.GetInvalidFileNameChars()) < 0);

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Diagnostic Error(string code, string message, string file) => new(DiagnosticSeverity.Error, code, message, file);
}
