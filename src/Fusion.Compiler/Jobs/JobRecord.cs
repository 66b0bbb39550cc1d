using System.Text.Json.Serialization;
using Fusion.Build.Contract;
using Fusion.Manifest;

namespace Fusion.Compiler.Jobs;

/// <summary>What a finished job depended on, made and said. Kept beside its images, so that the next run can tell
/// whether there is anything to do.</summary>
internal sealed record JobRecord
{
    /// <summary>All that the job depended on besides files.</summary>
    public required JobKey Key { get; init; }

    /// <summary>The source and the headers that it included.</summary>
    public required IReadOnlyList<RecordedFile> Inputs { get; init; }

    /// <summary>Places where a header was looked for and none was read.</summary>
    public required IReadOnlyList<RecordedProbe> Probes { get; init; }

    /// <summary>The images.</summary>
    public required IReadOnlyList<RecordedImage> Images { get; init; }

    /// <summary>Kernels of the job that spill registers.</summary>
    public IReadOnlyList<RecordedSpill> Spills { get; init; } = [];

    /// <summary>Warnings and messages, to be reported again.</summary>
    public required IReadOnlyList<RecordedDiagnostic> Diagnostics { get; init; }
}

/// <summary>All that a job depends on besides files, in parts, so that the next run can tell which one changed.</summary>
/// <param name="Compiler">Identity of fusionc.</param>
/// <param name="Nvrtc">Version and content of NVRTC.</param>
/// <param name="Options">Hash of options, architecture, kinds of images and names.</param>
internal sealed record JobKey(string Compiler, string Nvrtc, string Options)
{
    /// <summary>The key of images that were made elsewhere: no job has it.</summary>
    public static JobKey None { get; } = new("", "", "");
}

/// <summary>A file that a job read.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Sha256">Hash of its content.</param>
internal sealed record RecordedFile(string Path, string Sha256);

/// <summary>A place where a header was looked for.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Held">What was there, as <see cref="FileStamp"/> says it.</param>
internal sealed record RecordedProbe(string Path, string Held)
{
    /// <summary>The probe for the record.</summary>
    public static RecordedProbe From(FileStamp stamp) => new(stamp.Path, stamp.Held);

    /// <summary>The probe again.</summary>
    public FileStamp ToStamp() => FileStamp.Of(Path, Held);
}

/// <summary>An image that a job made.</summary>
/// <param name="File">Path in the output folder, with forward slashes.</param>
/// <param name="Image">As the manifest describes it.</param>
internal sealed record RecordedImage(string File, KernelImage Image);

/// <summary>A kernel that spills registers, as <see cref="Images.Spill"/> describes it.</summary>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="FrameBytes">Bytes in local memory.</param>
/// <param name="StoreBytes">Bytes stored there; null if unknown.</param>
/// <param name="LoadBytes">Bytes loaded from there; null if unknown.</param>
internal sealed record RecordedSpill(string Kernel, int FrameBytes, int? StoreBytes, int? LoadBytes);

/// <summary>A diagnostic of a job.</summary>
internal sealed record RecordedDiagnostic(DiagnosticSeverity Severity, string Code, string Message, string File, int Line, int Column)
{
    /// <summary>The diagnostic for the record.</summary>
    public static RecordedDiagnostic From(Diagnostic d) => new(d.Severity, d.Code, d.Message, d.File, d.Line, d.Column);

    /// <summary>The diagnostic again.</summary>
    public Diagnostic ToDiagnostic() => new(Severity, Code, Message, File, Line, Column);
}

[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n", UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(JobRecord))]
internal sealed partial class JobRecordJson : JsonSerializerContext;
