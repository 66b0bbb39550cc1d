using Fusion.Build.Contract;

namespace Fusion.Compiler;

/// <summary>The codes of all that fusionc reports. Each has a page in <c>docs/diagnostics</c>.</summary>
internal static class Codes
{
    /// <summary>NVRTC found an error in a source.</summary>
    public const string SourceError = "FUSION1001";

    /// <summary>NVRTC warns about a source.</summary>
    public const string SourceWarning = "FUSION1002";

    /// <summary>The assembler refuses or warns about the PTX: mostly inline PTX, or too much shared memory.</summary>
    public const string Ptxas = "FUSION1003";

    /// <summary>A source is empty or blank.</summary>
    public const string EmptySource = "FUSION1004";

    /// <summary>A source is not there, or cannot be read.</summary>
    public const string MissingSource = "FUSION1005";

    /// <summary>A source has no kernel (warning).</summary>
    public const string NoKernels = "FUSION1006";

    /// <summary>A header begins with a byte order mark, which NVRTC does not read.</summary>
    public const string HeaderByteOrderMark = "FUSION1007";

    /// <summary>A kernel's file has code for the host.</summary>
    public const string HostCode = "FUSION1008";

    /// <summary>A kernel spills registers (warning, where it is asked for).</summary>
    public const string Spills = "FUSION1009";

    /// <summary>No NVRTC was found.</summary>
    public const string NoNvrtc = "FUSION1010";

    /// <summary>The NVRTC that the project or the environment names does not work.</summary>
    public const string NamedNvrtc = "FUSION1011";

    /// <summary>An architecture that NVRTC does not know.</summary>
    public const string UnsupportedArchitecture = "FUSION1012";

    /// <summary>An architecture that NVRTC does not know was passed over, as asked (warning).</summary>
    public const string SkippedArchitecture = "FUSION1013";

    /// <summary>Something in the list of architectures is no architecture.</summary>
    public const string ArchitectureSyntax = "FUSION1014";

    /// <summary><c>native</c>, and there is no GPU.</summary>
    public const string NoGpu = "FUSION1015";

    /// <summary>Precompiled headers are asked for, and NVRTC is too old for them (warning).</summary>
    public const string NoPrecompiledHeaders = "FUSION1016";

    /// <summary>A kernel's metadata has a value that is not allowed.</summary>
    public const string Metadata = "FUSION1020";

    /// <summary>Two kernels would write the same images.</summary>
    public const string DuplicateName = "FUSION1021";

    /// <summary>A folder of headers is not there (warning).</summary>
    public const string MissingIncludePath = "FUSION1022";

    /// <summary>A name expression names nothing that NVRTC can instantiate, or what another one names.</summary>
    public const string NameExpression = "FUSION1023";

    /// <summary>NVRTC refuses an option.</summary>
    public const string RefusedOption = "FUSION1024";

    /// <summary>fusionc cannot read what NVRTC made.</summary>
    public const string UnreadableImage = "FUSION1025";

    /// <summary>An image is not linked, and the SDK links none.</summary>
    public const string UnlinkedImage = "FUSION1026";

    /// <summary>A central package version is another than the SDK's own. The SDK's targets say so.</summary>
    public const string CentralVersion = "FUSION1028";

    /// <summary>The project is for a target framework that Fusion.Runtime is not for. MSBuild itself says so.</summary>
    public const string TargetFramework = "FUSION1029";

    /// <summary>A fault of fusionc itself.</summary>
    public const string Internal = "FUSION1030";

    /// <summary>A file could not be written.</summary>
    public const string Write = "FUSION1031";

    /// <summary>Builds of one project with different settings write to one folder at the same time. The build task says it.</summary>
    public const string SharedFolder = "FUSION1032";

    /// <summary>The request file cannot be read.</summary>
    public const string Request = "FUSION1033";

    /// <summary>An entry of the compile cache is damaged (warning).</summary>
    public const string DamagedCache = "FUSION1034";

    /// <summary>A kernel took longer to compile than it may.</summary>
    public const string Timeout = "FUSION1035";

    /// <summary>The compile cache is not used, since other users can write to it (warning).</summary>
    public const string UntrustedCache = "FUSION1036";

    /// <summary>There are no prebuilt kernels where the project says.</summary>
    public const string NoPrebuilt = "FUSION1040";

    /// <summary>Prebuilt images were made of something else than the project has.</summary>
    public const string StalePrebuilt = "FUSION1041";

    /// <summary>A prebuilt image is missing or damaged.</summary>
    public const string PrebuiltImage = "FUSION1042";

    /// <summary>A kernel's parameter has no type in C# (warning).</summary>
    public const string UnknownType = "FUSION1601";

    /// <summary>A kernel has no launcher, because a macro hides its declaration (warning).</summary>
    public const string HiddenKernel = "FUSION1602";

    /// <summary>A name expression's kernel is not declared in the source, so its parameters are not known (warning).</summary>
    public const string UnknownInstantiation = "FUSION1603";

    /// <summary>The name of the launchers' class is none.</summary>
    public const string ClassName = "FUSION1604";

    /// <summary>A launcher looks for a kernel by a name that no compiled kernel has.</summary>
    public const string LauncherName = "FUSION1605";

    /// <summary>The project's version of C# is too old for launchers.</summary>
    public const string LangVersion = "FUSION1606";

    /// <summary>A namespace of the project has the name of the launchers' class. The build task says so, which sees the C#.</summary>
    public const string TakenClassName = "FUSION1607";

    /// <summary>A kernel template has no instantiation (warning).</summary>
    public const string NoInstantiation = "FUSION1608";

    /// <summary>A struct has another layout on the GPU than its C# type.</summary>
    public const string Layout = "FUSION1609";

    /// <summary>A <c>FusionAllReduce</c> item lacks metadata.</summary>
    public const string AllReduceMetadata = "FUSION1701";

    /// <summary>There are no all-reduce kernels for a hidden size, or not with the epilogue.</summary>
    public const string AllReduceHiddenSize = "FUSION1702";

    /// <summary>There are no all-reduce kernels for a type.</summary>
    public const string AllReduceDataType = "FUSION1703";

    /// <summary>There are no all-reduce kernels for a number of ranks.</summary>
    public const string AllReduceWorldSize = "FUSION1704";

    /// <summary>An epilogue has a word that is none.</summary>
    public const string AllReduceEpilogue = "FUSION1705";

    /// <summary>A <c>FusionAllReduce</c> item's name, or what it asks for, is another item's too, or no name.</summary>
    public const string AllReduceName = "FUSION1706";
}

/// <summary>Faults of fusionc itself.</summary>
internal static class Faults
{
    /// <summary>What to report of an exception that nobody expected.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="file">What was being compiled, if that is known.</param>
    public static Diagnostic Report(Exception exception, string file = "") => new(DiagnosticSeverity.Error, Codes.Internal,
        $"fusionc failed: {exception.Message} This is a fault of fusionc: please report it, with the lines below.\n{exception}", file);
}
