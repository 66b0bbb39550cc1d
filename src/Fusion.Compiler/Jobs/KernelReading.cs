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
            if (ReadOne(kernel, request.ProjectDirectory, report) is { } good) kernels.Add(good);
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

    private static Kernel? ReadOne(KernelRequest request, string project, Action<Diagnostic> report)
    {
        var source = Path.GetFullPath(request.Source, project);
        var good = true;
        void Wrong(string code, string message)
        {
            report(Error(code, message, source));
            good = false;
        }

        bool Flag(string name, string value)
        {
            if (value.Length > 0 && !bool.TryParse(value, out _)) Wrong(Codes.Metadata, $"{name} is '{value}'; expected true or false.");
            return bool.TryParse(value, out var flag) && flag;
        }

        if (!IsName(request.Name))
        {
            Wrong(Codes.Metadata, $"LogicalName is '{request.Name}'; expected a relative path with forward slashes and without '..': kernels/scale.");
        }

        var architectures = ArchitectureList.Parse(request.Architectures, out var problem);
        if (problem.Length > 0) Wrong(Codes.ArchitectureSyntax, $"Architectures is '{request.Architectures}'. {problem}");

        var std = request.Std.Length > 0 ? request.Std : "c++17";
        if (!Standards.Contains(std)) Wrong(Codes.Metadata, $"Std is '{std}'; expected one of {string.Join(", ", Standards)}.");

        int? registers = null;
        if (request.MaxRegisters.Length > 0)
        {
            if (int.TryParse(request.MaxRegisters, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 255) registers = n;
            else Wrong(Codes.Metadata, $"MaxRegisters is '{request.MaxRegisters}'; expected a number from 1 to 255, or nothing for no limit.");
        }

        var options = Split(request.AdditionalOptions);
        foreach (var option in options.Where(o => Reserved.Contains(o.Split('=')[0])))
        {
            Wrong(Codes.Metadata, $"AdditionalOptions has '{option}'; use Architectures, Std or MaxRegisters instead.");
        }

        var kernel = new Kernel
        {
            Source = source,
            Name = request.Name,
            ProjectDirectory = project,
            Architectures = architectures,
            Std = std,
            Defines = Split(request.Defines),
            IncludePaths = [.. Split(request.IncludePaths).Select(p => Path.TrimEndingDirectorySeparator(Path.GetFullPath(p, project)))],
            MaxRegisters = registers,
            FastMath = Flag("FastMath", request.FastMath),
            LineInfo = Flag("LineInfo", request.LineInfo),
            NameExpressions = NameExpression.Split(request.NameExpressions),
            AdditionalOptions = options,
        };
        return CheckSource(source, Wrong) && good ? kernel : null;
    }

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
