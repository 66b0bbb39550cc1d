namespace Fusion.Build.Contract;

/// <summary>A source file to compile, with its metadata as the project wrote it: fusionc alone judges it.</summary>
public sealed class KernelRequest
{
    /// <summary>Full path of the source.</summary>
    public string Source { get; set; } = "";

    /// <summary>Name of the module, and of its images without architecture and ending: <c>kernels/rms_norm</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Architectures, split by semicolons.</summary>
    public string Architectures { get; set; } = "";

    /// <summary>Macros, <c>NAME</c> or <c>NAME=VALUE</c>, split by semicolons.</summary>
    public string Defines { get; set; } = "";

    /// <summary>Folders of headers, split by semicolons, relative to the project.</summary>
    public string IncludePaths { get; set; } = "";

    /// <summary>The language: <c>c++17</c>.</summary>
    public string Std { get; set; } = "";

    /// <summary>The most registers a thread may use; empty for no limit.</summary>
    public string MaxRegisters { get; set; } = "";

    /// <summary><c>true</c> for fast, less exact mathematics.</summary>
    public string FastMath { get; set; } = "";

    /// <summary><c>true</c> to record source lines for profilers.</summary>
    public string LineInfo { get; set; } = "";

    /// <summary>Instantiations of templates to compile, split by semicolons.</summary>
    public string NameExpressions { get; set; } = "";

    /// <summary>More options for NVRTC, split by semicolons.</summary>
    public string AdditionalOptions { get; set; } = "";

    /// <summary>All of it as the fields of a line.</summary>
    public string[] ToFields() =>
    [
        Source, Name, Architectures, Defines, IncludePaths, Std, MaxRegisters, FastMath, LineInfo, NameExpressions, AdditionalOptions,
    ];

    /// <summary>Reads what <see cref="ToFields"/> gave.</summary>
    /// <param name="line">A line's fields; the first one says what it is.</param>
    public static KernelRequest FromFields(string[] line) => new()
    {
        Source = line[1],
        Name = line[2],
        Architectures = line[3],
        Defines = line[4],
        IncludePaths = line[5],
        Std = line[6],
        MaxRegisters = line[7],
        FastMath = line[8],
        LineInfo = line[9],
        NameExpressions = line[10],
        AdditionalOptions = line[11],
    };
}
